import { Component, type ReactNode } from 'react';
import { currentWords } from '../i18n/use-words.ts';
import { Button } from './button.tsx';
import { PartMissing } from './part.tsx';

type Props = {
  readonly children: ReactNode;
  readonly resetKey?: string;
  /** What the word of it stands in. */
  readonly renderWord?: (word: ReactNode) => ReactNode;
};
type State = { readonly broken: 'crashed' | 'missing' | undefined; readonly resetKey: string | undefined };

/** A part of the page that breaks, or cannot be fetched, says so; the others stay. Another `resetKey` (another room) starts it anew. */
export class ErrorBoundary extends Component<Props, State> {
  override state: State = { broken: undefined, resetKey: this.props.resetKey };

  static getDerivedStateFromError(error: unknown): Partial<State> {
    return { broken: error instanceof PartMissing ? 'missing' : 'crashed' };
  }

  static getDerivedStateFromProps(props: Props, state: State): Partial<State> | null {
    return props.resetKey === state.resetKey ? null : { broken: undefined, resetKey: props.resetKey };
  }

  override render(): ReactNode {
    const { broken } = this.state;
    const { children, renderWord = (word) => word } = this.props;
    if (broken === undefined) return children;
    const words = currentWords();
    return renderWord(
      <div className="empty" role="alert">
        <h2>{words.error[broken]}</h2>
        {broken === 'missing' && <p>{words.error.missingLead}</p>}
        <div className="empty-actions">
          <Button onClick={() => this.setState({ broken: undefined })}>{words.error.again}</Button>
          {broken === 'missing' && <Button onClick={() => location.reload()}>{words.error.reload}</Button>}
        </div>
      </div>,
    );
  }
}
