// Cross-entropy. Rows are few, so everything is double: the loss is good to 1e-15, the gradient to
// float rounding.
#ifndef LK_PASS
#define LK_FILE "loss.c"
#include "each_variant.h"
#else

LK_KERNEL(
    cross_entropy,
    (lk_int rows, lk_int classes, const float *logits, const lk_targets *targets, float scale,
     float *dlogits, double *loss, lk_int *correct),
    (rows, classes, logits, targets, scale, dlogits, loss, correct)) {
    const double even = targets->smoothing / (double)classes;
    *loss = 0;
    *correct = 0;
    for (lk_int r = 0; r < rows; r++, logits += classes) {
        const lk_int place = r / targets->rows_per_label;
        const int64_t label = targets->labels[place], mixed = targets->mixed_labels[place];
        const double own = (1.0 - targets->smoothing) * (double)targets->mixture[place];
        const double other = 1.0 - targets->smoothing - own;
        lk_int best = 0;
        for (lk_int k = 1; k < classes; k++)
            if (logits[k] > logits[best]) best = k;
        const double top = (double)logits[best];
        double sum = 0, all = 0;
        for (lk_int k = 0; k < classes; k++) {
            sum += exp64((double)logits[k] - top);
            all += (double)logits[k] - top;
        }
        *loss += log64(sum) - own * ((double)logits[label] - top)
                 - other * ((double)logits[mixed] - top) - even * all;
        *correct += best == label;
        if (!dlogits) continue;
        for (lk_int k = 0; k < classes; k++) {
            const double p = exp64((double)logits[k] - top) / sum;
            const double target =
                even + (k == label ? own : 0.0) + (k == mixed ? other : 0.0);
            dlogits[k] = (float)((p - target) * (double)scale);
        }
        dlogits += classes;
    }
}

LK_KERNEL(
    log_mean_softmax,
    (lk_int rows, lk_int classes, const float *logits, double *sums, float *y),
    (rows, classes, logits, sums, y)) {
    for (lk_int r = 0; r < rows; r++) {
        const float *row = logits + r * classes;
        double top = (double)row[0], sum = 0;
        for (lk_int k = 1; k < classes; k++)
            if ((double)row[k] > top) top = (double)row[k];
        for (lk_int k = 0; k < classes; k++) sum += exp64((double)row[k] - top);
        sums[r] = top + log64(sum);
    }
    // Logarithms of probabilities may lie below what a double's exponential reaches.
    for (lk_int k = 0; k < classes; k++) {
        double top = (double)logits[k] - sums[0], sum = 0;
        for (lk_int r = 1; r < rows; r++) {
            double one = (double)logits[r * classes + k] - sums[r];
            if (one > top) top = one;
        }
        for (lk_int r = 0; r < rows; r++)
            sum += exp64((double)logits[r * classes + k] - sums[r] - top);
        y[k] = (float)(top + log64(sum / (double)rows));
    }
}

#endif
