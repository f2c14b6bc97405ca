import { Component, type ReactNode } from 'react';
import { currentWords } from '../../i18n/use-words.ts';
import { Button } from '../../ui/button.tsx';

type Props = { readonly children: ReactNode; readonly resetKey?: string };
type State = { readonly broken: boolean; readonly resetKey: string | undefined };

/** A part of the page that breaks says so; the others stay. Another `resetKey` (another room) starts it anew. */
export class ErrorBoundary extends Component<Props, State> {
  override state: State = { broken: false, resetKey: this.props.resetKey };

  static getDerivedStateFromError(): Partial<State> {
    return { broken: true };
  }

  static getDerivedStateFromProps(props: Props, state: State): Partial<State> | null {
    return props.resetKey === state.resetKey ? null : { broken: false, resetKey: props.resetKey };
  }

  override render(): ReactNode {
    if (!this.state.broken) return this.props.children;
    const words = currentWords();
    return (
      <div className="empty" role="alert">
        <h2>{words.error.crashed}</h2>
        <Button onClick={() => this.setState({ broken: false })}>{words.error.again}</Button>
      </div>
    );
  }
}
