/** Who asks: the worker whose socket the request came in by. A door knows that and decides nothing. */
export interface Caller {
  readonly worker: string
  readonly door: 'socket'
}
