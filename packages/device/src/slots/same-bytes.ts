/** Whether two streams hold the same bytes, however they are cut. Leaves both where they first differ. */
export async function sameBytes(a: AsyncIterable<Uint8Array>, b: AsyncIterable<Uint8Array>): Promise<boolean> {
  const left = a[Symbol.asyncIterator]();
  const right = b[Symbol.asyncIterator]();
  try {
    let one: Uint8Array | undefined = new Uint8Array();
    let other: Uint8Array | undefined = new Uint8Array();
    for (;;) {
      while (one?.length === 0) one = await nextOf(left);
      while (other?.length === 0) other = await nextOf(right);
      if (one === undefined || other === undefined) return one === other;
      const length = Math.min(one.length, other.length);
      for (let i = 0; i < length; i++) if (one[i] !== other[i]) return false;
      one = one.subarray(length);
      other = other.subarray(length);
    }
  } finally {
    await left.return?.();
    await right.return?.();
  }
}

async function nextOf(stream: AsyncIterator<Uint8Array>): Promise<Uint8Array | undefined> {
  const step = await stream.next();
  return step.done === true ? undefined : step.value;
}
