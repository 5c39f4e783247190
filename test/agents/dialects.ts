/** The three forms in which agents ask a model: what is in a request, and an answer as the stream that each reads. */
import * as z from 'zod'

/** What a model does next. */
export type Move = { readonly say: string } | { readonly use: string; readonly input: object }

/** What a request shows of a conversation. */
export interface Turn {
  /** Names of the tools that there are; `SPACE/NAME` in a group. */
  readonly tools: readonly string[]
  /** What tools answered so far, as the model reads it. */
  readonly results: readonly string[]
}

export type Event = readonly [name: string | undefined, data: object | '[DONE]']

export interface Dialect {
  readonly path: RegExp
  readonly read: (body: unknown) => Turn
  /** @param id of this answer, new each time */
  readonly answer: (move: Move, id: string) => readonly Event[]
}

const text = z.looseObject({ text: z.string() })
const content = z.union([z.string(), z.array(z.union([text, z.looseObject({})]))])

/** Text as the model reads it; whatever else is in it as JSON. */
function textOf(value: z.infer<typeof content>): string {
  if (typeof value === 'string') return value
  return value
    .map((part) => ('text' in part && typeof part.text === 'string' ? part.text : JSON.stringify(part)))
    .join('\n')
}

const messages = z.looseObject({
  tools: z.array(z.looseObject({ name: z.string() })).default([]),
  messages: z.array(
    z.looseObject({ content: z.union([z.string(), z.array(z.looseObject({ type: z.string() }))]) }),
  ),
})
const toolResult = z.looseObject({ type: z.literal('tool_result'), content: content.default('') })

/** Anthropic's Messages. */
const MESSAGES: Dialect = {
  path: /\/messages(?:\?|$)/,
  read: (body) => {
    const asked = messages.parse(body)
    const parts = asked.messages.flatMap((message) =>
      typeof message.content === 'string' ? [] : message.content,
    )
    return {
      tools: asked.tools.map(({ name }) => name),
      results: parts
        .filter(({ type }) => type === 'tool_result')
        .map((part) => textOf(toolResult.parse(part).content)),
    }
  },
  answer: (move, id) => {
    const usage = { input_tokens: 1, output_tokens: 1 }
    const isText = 'say' in move
    const block = isText
      ? { type: 'text', text: '' }
      : { type: 'tool_use', id: `toolu_${id}`, name: move.use, input: {} }
    const delta = isText
      ? { type: 'text_delta', text: move.say }
      : { type: 'input_json_delta', partial_json: JSON.stringify(move.input) }
    const message = {
      id: `msg_${id}`,
      type: 'message',
      role: 'assistant',
      model: 'scripted',
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage,
    }
    const stop = { stop_reason: isText ? 'end_turn' : 'tool_use', stop_sequence: null }
    return named([
      { type: 'message_start', message },
      { type: 'content_block_start', index: 0, content_block: block },
      { type: 'content_block_delta', index: 0, delta },
      { type: 'content_block_stop', index: 0 },
      { type: 'message_delta', delta: stop, usage },
      { type: 'message_stop' },
    ])
  },
}

function named(
  events: readonly { readonly type: string; readonly [field: string]: unknown }[],
): readonly Event[] {
  return events.map((event) => [event.type, event])
}

const tool = z.looseObject({ type: z.string(), name: z.string().optional() })
const responses = z.looseObject({
  tools: z.array(tool.extend({ tools: z.array(tool).optional() })).default([]),
  input: z.array(z.looseObject({ type: z.string().optional() })),
})
const output = z.looseObject({ output: content })

/** OpenAI's Responses. */
const RESPONSES: Dialect = {
  path: /\/responses(?:\?|$)/,
  read: (body) => {
    const { tools, input } = responses.parse(body)
    return {
      tools: tools.flatMap(({ name = '', tools: inside }) =>
        inside === undefined ? [name] : inside.map((one) => `${name}/${one.name ?? ''}`),
      ),
      results: input
        .filter(({ type }) => type === 'function_call_output')
        .map((item) => textOf(output.parse(item).output)),
    }
  },
  answer: (move, id) => {
    const item = 'say' in move ? said(move.say, id) : called(move.use, move.input, id)
    const response = { id: `resp_${id}`, object: 'response', model: 'scripted' }
    const usage = { input_tokens: 1, output_tokens: 1, total_tokens: 2 }
    return named([
      { type: 'response.created', response: { ...response, status: 'in_progress', output: [] } },
      { type: 'response.output_item.added', output_index: 0, item },
      { type: 'response.output_item.done', output_index: 0, item },
      { type: 'response.completed', response: { ...response, status: 'completed', output: [item], usage } },
    ])
  },
}

function said(say: string, id: string): object {
  return {
    type: 'message',
    role: 'assistant',
    id: `m_${id}`,
    content: [{ type: 'output_text', text: say, annotations: [] }],
  }
}

function called(name: string, input: object, id: string): object {
  const [space, inside] = name.split('/')
  const place = inside === undefined ? { name } : { namespace: space, name: inside }
  return {
    type: 'function_call',
    id: `f_${id}`,
    call_id: `c_${id}`,
    ...place,
    arguments: JSON.stringify(input),
  }
}

const chat = z.looseObject({
  tools: z.array(z.looseObject({ function: z.looseObject({ name: z.string() }) })).default([]),
  messages: z.array(z.looseObject({ role: z.string(), content: content.nullish() })),
})

/** OpenAI's Chat Completions. */
const CHAT: Dialect = {
  path: /\/chat\/completions(?:\?|$)/,
  read: (body) => {
    const asked = chat.parse(body)
    return {
      tools: asked.tools.map((one) => one.function.name),
      results: asked.messages
        .filter(({ role }) => role === 'tool')
        .map((message) => textOf(message.content ?? '')),
    }
  },
  answer: (move, id) => {
    const chunk = { id: `chat_${id}`, object: 'chat.completion.chunk', created: 1, model: 'scripted' }
    const delta =
      'say' in move
        ? { role: 'assistant', content: move.say }
        : {
            role: 'assistant',
            tool_calls: [
              {
                index: 0,
                id: `call_${id}`,
                type: 'function',
                function: { name: move.use, arguments: JSON.stringify(move.input) },
              },
            ],
          }
    const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 }
    const reason = 'say' in move ? 'stop' : 'tool_calls'
    return [
      [undefined, { ...chunk, choices: [{ index: 0, delta, finish_reason: null }] }],
      [undefined, { ...chunk, choices: [{ index: 0, delta: {}, finish_reason: reason }], usage }],
      [undefined, '[DONE]'],
    ]
  },
}

/** The one that a path asks in, if any. */
export function dialectOf(path: string): Dialect | undefined {
  return [MESSAGES, RESPONSES, CHAT].find((dialect) => dialect.path.test(path))
}
