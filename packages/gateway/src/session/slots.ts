import { FatalError } from "@sallyport/wire";

/** One of the `max_connections`, taken. */
export interface Slot {
  readonly leave: () => void;
}

export interface SlotLimits {
  readonly max_connections: number;
  readonly superuser_reserved_connections: number;
  readonly reserved_connections: number;
}

/** As what a role asks for one of the last slots. */
export interface Claim {
  readonly superuser: boolean;
  /** It has the privileges of pg_use_reserved_connections. */
  readonly reserved: boolean;
}

/** The slots of the gateway (manual, 19.3.1). They are counted like PostgreSQL's: whoever has one is in. */
export class Slots {
  readonly #limits: SlotLimits;
  #taken = 0;

  constructor(limits: SlotLimits) {
    this.#limits = limits;
  }

  get taken(): number {
    return this.#taken;
  }

  /** @throws {FatalError} 53300, before anybody is asked who he is */
  take(): Slot {
    if (this.#taken >= this.#limits.max_connections)
      throw new FatalError("53300", "sorry, too many clients already");
    this.#taken += 1;
    let left = false;
    const leave = (): void => {
      if (!left) this.#taken -= 1;
      left = true;
    };
    return { leave };
  }

  /**
   * May somebody who holds a slot and has proved who he is keep it, if it is one of the last?
   *
   * @throws {FatalError} 53300
   */
  checkReserved({ superuser, reserved }: Claim): void {
    const { max_connections: all, superuser_reserved_connections, reserved_connections } = this.#limits;
    const free = all - this.#taken;
    if (superuser || free >= superuser_reserved_connections + reserved_connections) return;
    if (free < superuser_reserved_connections) throw remaining("roles with the SUPERUSER attribute");
    if (!reserved) throw remaining('roles with privileges of the "pg_use_reserved_connections" role');
  }
}

function remaining(whose: string): FatalError {
  return new FatalError("53300", `remaining connection slots are reserved for ${whose}`);
}
