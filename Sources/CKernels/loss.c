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

#endif
