/** Runs the audit commands alone, as the program would: `node audit-command.ts audit tail ...`. */

import { Command } from 'commander'
import { addAuditCommands } from '../../src/cli/audit.ts'

const program = new Command('dockgate')
addAuditCommands(program, { HOME: process.env['HOME'] })
await program.parseAsync()
