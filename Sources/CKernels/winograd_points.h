// Where the Winograd convolution evaluates its polynomials: 0, +-a, +-b and infinity.
#pragma once

#include "include/winograd.h"

enum {
    TILE = LK_WINOGRAD_TILE,
    /// Values that a tile sees each way, and points.
    SEEN = 6,
    PANEL = LK_INDIRECT_COLUMNS
};

// Dyadic fractions: they, their squares and their cubes are exact.
#define POINT_A 0.625f
#define POINT_B 1.5f
#define SQUARE_A (POINT_A * POINT_A)
#define SQUARE_B (POINT_B * POINT_B)
/// Products of the differences of a point to all others: what interpolation divides by.
#define DIVISOR_0 (SQUARE_A * SQUARE_B)
#define DIVISOR_A (2 * SQUARE_A * (SQUARE_A - SQUARE_B))
#define DIVISOR_B (2 * SQUARE_B * (SQUARE_B - SQUARE_A))
