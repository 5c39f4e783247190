/** What a container uses. */
import { dictionary, each, fields, list, number, numbers, text } from '../fields.ts'
import { inWords, statsWords } from '../words.ts'
import { wordsIn } from '../../shared/words.ts'

const operations = list(fields({ major: number, minor: number, op: text, value: number }))

const processors = fields({
  cpu_usage: fields({
    ...each(['total_usage', 'usage_in_kernelmode', 'usage_in_usermode'], number),
    percpu_usage: numbers,
  }),
  ...each(['system_cpu_usage', 'online_cpus'], number),
  throttling_data: fields(each(['periods', 'throttled_periods', 'throttled_time'], number)),
})

const network = fields({
  ...each(
    wordsIn('rx_bytes rx_packets rx_errors rx_dropped tx_bytes tx_packets tx_errors tx_dropped'),
    number,
  ),
  ...each(['endpoint_id', 'instance_id'], text),
})

const used = fields({
  ...each(['id', 'name', 'os_type', 'read', 'preread'], text),
  num_procs: number,
  pids_stats: fields(each(['current', 'limit'], number)),
  blkio_stats: fields(
    each(
      wordsIn(`
        io_service_bytes_recursive io_serviced_recursive io_queue_recursive io_service_time_recursive io_wait_time_recursive
        io_merged_recursive io_time_recursive sectors_recursive
      `),
      operations,
    ),
  ),
  storage_stats: fields(
    each(wordsIn('read_count_normalized read_size_bytes write_count_normalized write_size_bytes'), number),
  ),
  cpu_stats: processors,
  precpu_stats: processors,
  memory_stats: fields({
    ...each(wordsIn('usage max_usage failcnt limit commitbytes commitpeakbytes privateworkingset'), number),
    stats: dictionary(number),
  }),
  network,
  networks: dictionary(network),
})

export const stats = inWords(used, statsWords)
