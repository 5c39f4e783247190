/** What an agent is tried with: its guide, a model that says what it is to do, and a stage. */
import { afterAll } from 'vitest'
import { Guide } from './guides.ts'
import { ScriptedModel } from './model.ts'
import { startStage, type Stage } from './stage.ts'

interface Trial {
  readonly guide: Guide
  readonly model: ScriptedModel
  /** Where the model answers, without the path of a form. */
  readonly address: string
  readonly stage: Stage
}

/** Sets all of it up, until the tests of a file are over. @param agent name of its guide */
export async function startTrial(agent: string): Promise<Trial> {
  const model = new ScriptedModel()
  const [address, stage] = [await model.listen(), await startStage()]
  afterAll(async () => {
    model.close()
    await stage[Symbol.asyncDispose]()
  })
  return { guide: new Guide(agent), model, address, stage }
}
