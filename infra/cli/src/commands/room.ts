import type { Command } from 'commander';
import type { Run } from '../commands.ts';
import { roomAtCommand } from './room-at.ts';
import { roomFileCommands } from './room-file.ts';

/** Commands about one room; each in a file of its own. */
export function roomCommand(program: Command, run: Run): void {
  const group = program.command('room').description('Look at one room, take it elsewhere, put it back');
  roomAtCommand(group, run);
  roomFileCommands(group, run);
}
