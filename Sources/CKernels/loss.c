// Cross-entropy. Rows are few, so everything is double: the loss is good to 1e-15, the gradient to
// float rounding.
#ifndef LK_PASS
#define LK_FILE "loss.c"
#include "each_variant.h"
#else

LK_KERNEL(
    cross_entropy,
    (lk_int rows, lk_int classes, const float *logits, const int64_t *labels, float scale,
     float *dlogits, double *loss, lk_int *correct),
    (rows, classes, logits, labels, scale, dlogits, loss, correct)) {
    *loss = 0;
    *correct = 0;
    for (lk_int r = 0; r < rows; r++, logits += classes) {
        lk_int best = 0;
        for (lk_int k = 1; k < classes; k++)
            if (logits[k] > logits[best]) best = k;
        double top = (double)logits[best], sum = 0;
        for (lk_int k = 0; k < classes; k++) sum += exp64((double)logits[k] - top);
        *loss += log64(sum) - ((double)logits[labels[r]] - top);
        *correct += best == labels[r];
        if (!dlogits) continue;
        for (lk_int k = 0; k < classes; k++) {
            double p = exp64((double)logits[k] - top) / sum;
            dlogits[k] = (float)((p - (k == labels[r] ? 1.0 : 0.0)) * (double)scale);
        }
        dlogits += classes;
    }
}

#endif
