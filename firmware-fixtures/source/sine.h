#ifndef SINE_H
#define SINE_H

#include <stdint.h>

#define SINE_STEPS 1024u

/* Sine of `step` / SINE_STEPS of a turn, times 32767. Any step is allowed; the turn repeats. */
int16_t sine_q15(uint32_t step);

#endif
