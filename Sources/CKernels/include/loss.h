// Softmax cross-entropy. Exponentials and logarithms are double inside.
#pragma once

#include "variant.h"

/// Over rows of logits (rows, classes) with labels in 0 ..< classes: *loss = sum of -log
/// softmax[label], *correct = rows whose greatest logit (the first of equals) is the label's.
/// dlogits = (softmax - onehot) * scale unless null; it may be logits.
void lk_cross_entropy(
    lk_int rows, lk_int classes, const float *logits, const int64_t *labels, float scale,
    float *dlogits, double *loss, lk_int *correct);
