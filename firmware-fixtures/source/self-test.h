#ifndef SELF_TEST_H
#define SELF_TEST_H

#include <stdint.h>

/* The part of flash that holds code and tables. */
uint32_t self_test_code_length(void);
uint32_t self_test_code_crc(void);

/* A null pointer when all is well, else the name of the part that failed. */
const char *self_test(void);

#endif
