/* Fills const tables at compile time: REPEAT_256(F, n) expands to F(n), F(n + 1), ... F(n + 255). */
#ifndef REPEAT_H
#define REPEAT_H

#define REPEAT_4(F, n) F(n), F((n) + 1), F((n) + 2), F((n) + 3)
#define REPEAT_16(F, n) REPEAT_4(F, n), REPEAT_4(F, (n) + 4), REPEAT_4(F, (n) + 8), REPEAT_4(F, (n) + 12)
#define REPEAT_64(F, n) REPEAT_16(F, n), REPEAT_16(F, (n) + 16), REPEAT_16(F, (n) + 32), REPEAT_16(F, (n) + 48)
#define REPEAT_256(F, n) REPEAT_64(F, n), REPEAT_64(F, (n) + 64), REPEAT_64(F, (n) + 128), REPEAT_64(F, (n) + 192)
#define REPEAT_1024(F, n) REPEAT_256(F, n), REPEAT_256(F, (n) + 256), REPEAT_256(F, (n) + 512), REPEAT_256(F, (n) + 768)

#endif
