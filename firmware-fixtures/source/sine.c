/* One turn of sine. The compiler folds each entry with correct rounding, so every host builds the same table. */
#include "sine.h"

#include "repeat.h"

#define TURN 6.283185307179586
#define ENTRY(i) ((int16_t)__builtin_round(__builtin_sin(TURN * (i) / SINE_STEPS) * 32767.0))

static const int16_t table[SINE_STEPS] = {REPEAT_1024(ENTRY, 0)};

int16_t sine_q15(uint32_t step) {
  return table[step % SINE_STEPS];
}
