#ifndef TICK_H
#define TICK_H

#include <stdint.h>

#define TICKS_PER_SECOND 100u

void tick_start(void);
void tick_handler(void);
/* Ticks since tick_start. */
uint32_t tick_count(void);

#endif
