#pragma once

/// How often the calling thread has asked the C library for memory.
unsigned long allocations_of_this_thread(void);
