/** What systemd hands to the programs that it starts: sd_listen_fds(3), sd_notify(3), sd_watchdog_enabled(3), systemd.exec(5). */

export interface SystemdEnvironment {
  /** The process that descriptors are for, how many there are, and their names. */
  readonly LISTEN_PID?: string
  readonly LISTEN_FDS?: string
  readonly LISTEN_FDNAMES?: string
  /** Where it listens for what the gate tells. */
  readonly NOTIFY_SOCKET?: string
  /** Microseconds within which the gate has to say that it is alive, and the process that has to. */
  readonly WATCHDOG_USEC?: string
  readonly WATCHDOG_PID?: string
  /** Device and inode of the journal's end of an output. */
  readonly JOURNAL_STREAM?: string
}
