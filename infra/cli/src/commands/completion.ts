import type { Command } from 'commander';
import type { Run } from '../commands.ts';
import { CliError, exitCodes } from '../exit-codes.ts';

export function completionCommand(program: Command, run: Run): void {
  program
    .command('completion')
    .description('print a completion script for a shell')
    .argument('<shell>', 'bash, zsh or fish')
    .addHelpText('after', '\nExamples:\n  source <(parley completion bash)\n  parley completion fish > ~/.config/fish/completions/parley.fish')
    .action(run(async (_, shell: string) => {
      process.stdout.write(completionFor(shell, wordsOf(program)));
    }));
}

/** What may follow each command path (words joined by a space, '' for the program itself). */
export type Words = ReadonlyMap<string, readonly string[]>;

export function wordsOf(command: Command, path = ''): Words {
  const words = new Map<string, readonly string[]>();
  const options = command.options.flatMap(({ long }) => (long ? [long] : []));
  words.set(path, [...command.commands.map((each) => each.name()), ...options, '--help']);
  for (const each of command.commands) for (const [key, value] of wordsOf(each, path === '' ? each.name() : `${path} ${each.name()}`)) words.set(key, value);
  return words;
}

/** A script for one shell, made of the tree of commands. Throws CliError (2) for a shell it does not know. */
export function completionFor(shell: string, words: Words): string {
  const cases = [...words].map(([path, next]) => `    "${path}") words="${next.join(' ')}" ;;`).join('\n');
  const pick = `  local at="" word words=""
  for word in "\${before[@]}"; do [[ $word == -* ]] || at="\${at:+$at }$word"; done
  while :; do case "$at" in
${cases}
    esac; [[ -n $words || -z $at ]] && break; [[ $at == *" "* ]] && at="\${at% *}" || at=""; done`;
  if (shell === 'bash') {
    return `_parley() {\n  local before=("\${COMP_WORDS[@]:1:COMP_CWORD-1}")\n${pick}\n  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))\n}\ncomplete -o default -F _parley parley\n`;
  }
  if (shell === 'zsh') {
    return `#compdef parley\n_parley() {\n  local -a before; before=("\${(@)words[2,CURRENT-1]}")\n${pick.replaceAll('words=""', 'next=""').replace(/words="/g, 'next="').replaceAll('-n $words', '-n $next')}\n  compadd -- \${=next}\n  _files\n}\ncompdef _parley parley\n`;
  }
  if (shell === 'fish') {
    return `${[...words].flatMap(([path, next]) => {
      const condition = path === '' ? '__fish_use_subcommand' : `__fish_seen_subcommand_from ${path.split(' ').at(-1)}`;
      return next.map((word) => (word.startsWith('--') ? `complete -c parley -n '${condition}' -l ${word.slice(2)}` : `complete -c parley -n '${condition}' -a ${word}`));
    }).join('\n')}\n`;
  }
  throw new CliError(exitCodes.usage, `There is no completion for ${shell}.`, 'There is for bash, zsh and fish.');
}
