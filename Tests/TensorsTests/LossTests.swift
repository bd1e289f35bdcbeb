import CKernels
import Foundation
import Tensors
import Testing

extension KernelTests {
    @Suite("loss")
    struct Loss {
        func softmax(_ row: [Double]) -> [Double] {
            let top = row.max() ?? 0
            let powers = row.map { exp($0 - top) }
            let sum = powers.reduce(0, +)
            return powers.map { $0 / sum }
        }

        @Test(
            "the logarithm of mean probabilities", arguments: [1, 2, 5, 400],
            KernelVariant.supported)
        func meanSoftmax(classes: Int, variant: KernelVariant) throws {
            try variant.select()
            for rows in [1, 3, 8] {
                let logits = noise(rows * classes, 3).map { 20 * $0 }
                var sums = [Double](repeating: .nan, count: rows)
                var y = [Float](repeating: .nan, count: classes)
                lk_log_mean_softmax(rows, classes, logits, &sums, &y)
                let all = (0..<rows).map { r in
                    softmax(logits[r * classes..<(r + 1) * classes].map(Double.init))
                }
                let want = (0..<classes).map { k in
                    log(all.reduce(0) { $0 + $1[k] } / Double(rows))
                }
                expectClose(y, want, tolerance: 1e-6)
            }
        }

        @Test(
            "cross-entropy of plain, smoothed and mixed labels, its gradient and the count of correct rows",
            arguments: [1, 2, 5, 17, 400], KernelVariant.supported)
        func crossEntropy(classes: Int, variant: KernelVariant) throws {
            try variant.select()
            for (smoothing, share) in [(0.0, Float(1)), (0.1, 1), (0, 0.7), (0.25, 0.4)] {
                for rowsPerLabel in [1, 3] {
                    check(classes, smoothing, share, rowsPerLabel)
                }
            }
        }

        private func check(
            _ classes: Int, _ smoothing: Double, _ share: Float, _ rowsPerLabel: Int
        ) {
            let rows = 9
            let logits = noise(rows * classes, 1).map { 20 * $0 }
            let labels = (0..<rows / rowsPerLabel).map { Int64($0 % classes) }
            let mixed = (0..<rows / rowsPerLabel).map { Int64(($0 + 2) % classes) }
            let mixture = [Float](repeating: share, count: labels.count)
            var gradient = [Float](repeating: .nan, count: logits.count)
            var (loss, correct) = (Double.nan, -1)
            labels.withUnsafeBufferPointer { labels in
                mixed.withUnsafeBufferPointer { mixed in
                    mixture.withUnsafeBufferPointer { mixture in
                        var targets = lk_targets(
                            labels: labels.baseAddress, mixed_labels: mixed.baseAddress,
                            mixture: mixture.baseAddress, rows_per_label: rowsPerLabel,
                            smoothing: smoothing)
                        lk_cross_entropy(
                            rows, classes, logits, &targets, 0.5, &gradient, &loss, &correct)
                    }
                }
            }
            var (wantedLoss, wantedCorrect) = (0.0, 0)
            var wanted: [Double] = []
            for r in 0..<rows {
                let row = logits[(r * classes)..<((r + 1) * classes)].map(Double.init)
                let p = softmax(row)
                let label = Int(labels[r / rowsPerLabel])
                var target = [Double](repeating: smoothing / Double(classes), count: classes)
                target[label] += (1 - smoothing) * Double(share)
                target[Int(mixed[r / rowsPerLabel])] += (1 - smoothing) * (1 - Double(share))
                for (p, target) in zip(p, target) where target > 0 {
                    wantedLoss -= target * log(p)
                }
                wantedCorrect += row.firstIndex(of: row.max() ?? 0) == label ? 1 : 0
                wanted += zip(p, target).map { ($0 - $1) * 0.5 }
            }
            #expect(abs(loss - wantedLoss) <= 1e-12 * max(1, wantedLoss))
            #expect(correct == wantedCorrect)
            expectClose(gradient, wanted, tolerance: 1e-7)
        }
    }
}
