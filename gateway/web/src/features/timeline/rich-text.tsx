import { Fragment, memo } from 'react';
import { languageOf } from '../../lib/hangul.ts';
import { type Block, type Inline, parseMarkdown } from '../../lib/markdown.ts';
import { ownPlace } from '../../lib/own-place.ts';
import { useMe, useName } from '../../sync/chat.tsx';
import { hueStyle } from '../../ui/avatar.tsx';
import { CodeBlock } from './code-block.tsx';
import { OwnLink } from './own-link.tsx';

/** A message's text as elements: what a person wrote never becomes HTML. */
export const RichText = memo(function RichText({ text }: { readonly text: string }) {
  return <Blocks blocks={parseMarkdown(text)} />;
});

function Blocks({ blocks }: { readonly blocks: readonly Block[] }) {
  return blocks.map((block, index) => <BlockView key={index} block={block} />);
}

const wordsOf = (nodes: readonly Inline[]): string => nodes.map((node) => ('text' in node ? node.text : 'children' in node ? wordsOf(node.children) : ' ')).join('');

function BlockView({ block }: { readonly block: Block }) {
  switch (block.type) {
    case 'paragraph':
      return <p dir="auto" lang={languageOf(wordsOf(block.children))}><Inlines nodes={block.children} /></p>;
    case 'quote':
      return <blockquote dir="auto"><Blocks blocks={block.children} /></blockquote>;
    case 'list': {
      const items = block.items.map((item, index) => <li key={index} dir="auto"><Blocks blocks={item} /></li>);
      return block.ordered ? <ol start={block.start}>{items}</ol> : <ul>{items}</ul>;
    }
    case 'code-block':
      return <CodeBlock language={block.language} text={block.text} />;
  }
}

function Inlines({ nodes }: { readonly nodes: readonly Inline[] }) {
  return nodes.map((node, index) => <Fragment key={index}><InlineView node={node} /></Fragment>);
}

function InlineView({ node }: { readonly node: Inline }) {
  switch (node.type) {
    case 'text':
      return node.text;
    case 'break':
      return <br />;
    case 'code':
      return <code dir="ltr">{node.text}</code>;
    case 'mention':
      return <Mention userId={node.userId} />;
    case 'strong':
      return <strong><Inlines nodes={node.children} /></strong>;
    case 'em':
      return <em lang={languageOf(wordsOf(node.children))}><Inlines nodes={node.children} /></em>;
    case 'strike':
      return <s><Inlines nodes={node.children} /></s>;
    case 'link': {
      const place = ownPlace(node.href, location.origin);
      if (place) return <OwnLink place={place} bare={wordsOf(node.children).trim() === node.href}><Inlines nodes={node.children} /></OwnLink>;
      return (
        <a href={node.href} target="_blank" rel="noopener noreferrer">
          <Inlines nodes={node.children} />
          {node.host && <span className="link-host"> ({node.host})</span>}
        </a>
      );
    }
  }
}

function Mention({ userId }: { readonly userId: string }) {
  const name = useName(userId);
  const mine = useMe() === userId;
  return <span className={mine ? 'mention-chip mine' : 'mention-chip'} style={hueStyle(userId)}>@<bdi>{name}</bdi></span>;
}
