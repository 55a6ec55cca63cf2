import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** A piece of what goes over the line: from the client (`up`) or the server (`down`). */
export interface Piece {
  readonly direction: "up" | "down";
  /** As latin1. */
  readonly text: string;
  /** Bytes that went in this direction before, over this connection. */
  readonly before: number;
}

/** `hold`: this piece and all that follow stay where they are until the line is cut. `cut`: half of it still arrives. */
export type Fate = "pass" | "hold" | "cut";

/** A line between a client and a server that understands nothing and can break anywhere. */
export class FragileLine {
  readonly url: string;
  /** What the clients have sent, as latin1. */
  sent = "";
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #judge: (piece: Piece) => Fate = () => "pass";
  #held: () => void = () => undefined;

  private constructor(server: Server) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async lay(upstream: () => string): Promise<FragileLine> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const line = new FragileLine(server);
    server.on("connection", (client) => line.#join(client, new URL(upstream())));
    return line;
  }

  /** Decides over every piece from now on; resolves when one of them is held. */
  watch(judge: (piece: Piece) => Fate): Promise<void> {
    this.#judge = judge;
    return new Promise((resolve) => {
      this.#held = resolve;
    });
  }

  /** Breaks every connection; new ones work again. */
  cut(): void {
    this.#judge = () => "pass";
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #join(client: Socket, { hostname, port }: URL): void {
    const server = connect(Number(port), hostname);
    this.#forward("up", client, server);
    this.#forward("down", server, client);
  }

  #forward(direction: Piece["direction"], from: Socket, to: Socket): void {
    this.#sockets.add(from);
    let before = 0;
    let state: Fate = "pass";
    from.on("data", (piece: Buffer) => {
      if (state !== "pass") return;
      const text = piece.toString("latin1");
      if (direction === "up") this.sent += text;
      state = this.#judge({ direction, text, before });
      before += piece.length;
      if (state === "pass") to.write(piece);
      if (state === "hold") this.#held();
      if (state === "cut") to.write(piece.subarray(0, piece.length >> 1), () => from.destroy());
    });
    from.on("error", () => undefined);
    from.on("close", () => {
      this.#sockets.delete(from);
      to.destroy();
    });
  }
}
