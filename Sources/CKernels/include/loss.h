// Softmax cross-entropy. Exponentials and logarithms are double inside.
#pragma once

#include "variant.h"

/// What rows of logits are to be told apart by. Label and mixture of row r are those at
/// r / rows_per_label.
typedef struct {
    /// In 0 ..< classes.
    const int64_t *labels;
    /// The labels of what is mixed in.
    const int64_t *mixed_labels;
    /// The part of `labels`; the rest is that of `mixed_labels`. Zhang et al., mixup (2018).
    const float *mixture;
    lk_int rows_per_label;
    /// Part of the probability that goes to all classes alike. Szegedy et al., Rethinking the
    /// Inception Architecture (2016).
    double smoothing;
} lk_targets;

/// Over rows of logits (rows, classes): *loss = sum of the cross-entropies of softmax and target,
/// *correct = rows whose greatest logit (the first of equals) is the label's.
/// dlogits = (softmax - target) * scale unless null; it may be logits.
void lk_cross_entropy(
    lk_int rows, lk_int classes, const float *logits, const lk_targets *targets, float scale,
    float *dlogits, double *loss, lk_int *correct);

/// y[class] = log of the mean over rows of softmax of logits (rows, classes), row by row; `sums` is
/// memory for a double a row.
void lk_log_mean_softmax(
    lk_int rows, lk_int classes, const float *logits, double *sums, float *y);
