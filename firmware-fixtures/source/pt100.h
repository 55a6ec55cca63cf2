#ifndef PT100_H
#define PT100_H

#include <stdint.h>

#define PT100_LOWEST_CELSIUS (-200)
#define PT100_HIGHEST_CELSIUS 823

/* Resistance at a whole degree within the two limits, in milliohm (IEC 60751). */
uint32_t pt100_milliohm(int32_t celsius);

/* Temperature in thousandths of a degree; a resistance outside the table gives the nearer limit. */
int32_t pt100_millicelsius(uint32_t milliohm);

#endif
