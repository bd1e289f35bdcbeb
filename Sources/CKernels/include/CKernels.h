// Lockstep's numeric kernels: plain C on plain float pointers.
//
// Rules that hold for every function here:
//
// * Activations are channels-last float32, contiguous: (images, height, width, channels). "rows" are
//   pixels (or clips, or frames): a (rows, channels) matrix.
// * A function works on one tile, on the calling thread, and never allocates. Callers cut work into
//   tiles by shape alone, so that results do not depend on the number of threads.
// * Sums inside a tile run in a fixed order. No function calls libm: exp, tanh, log and the like are
//   our own polynomials, so a variant gives the same bits on every machine that can run it.
// * Pointers need the alignment of their type only. Input and output may be the same buffer where a
//   comment says so, and must not overlap otherwise.
// * Every function exists once per instruction set; variant.h says how one is chosen.
#pragma once

#include "attention.h"
#include "augmentation.h"
#include "bf16.h"
#include "bf16_stem.h"
#include "clips.h"
#include "convolution.h"
#include "elementwise.h"
#include "hash.h"
#include "indirect.h"
#include "loss.h"
#include "normalization.h"
#include "pooling.h"
#include "random.h"
#include "recurrence.h"
#include "update.h"
#include "variant.h"
#include "winograd.h"
