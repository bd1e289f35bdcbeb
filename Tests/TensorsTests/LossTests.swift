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
            "cross-entropy, its gradient and the count of correct rows",
            arguments: [1, 2, 5, 17, 400], KernelVariant.supported)
        func crossEntropy(classes: Int, variant: KernelVariant) throws {
            try variant.select()
            let rows = 9
            let logits = noise(rows * classes, 1).map { 20 * $0 }
            let labels = (0..<rows).map { Int64($0 % classes) }
            var gradient = [Float](repeating: .nan, count: logits.count)
            var (loss, correct) = (Double.nan, -1)
            lk_cross_entropy(rows, classes, logits, labels, 0.5, &gradient, &loss, &correct)
            var (wantedLoss, wantedCorrect) = (0.0, 0)
            var wanted: [Double] = []
            for r in 0..<rows {
                let row = logits[(r * classes)..<((r + 1) * classes)].map(Double.init)
                let p = softmax(row)
                let label = Int(labels[r])
                wantedLoss -= log(p[label])
                wantedCorrect += row.firstIndex(of: row.max() ?? 0) == label ? 1 : 0
                wanted += p.enumerated().map { ($1 - ($0 == label ? 1 : 0)) * 0.5 }
            }
            #expect(abs(loss - wantedLoss) <= 1e-12 * max(1, wantedLoss))
            #expect(correct == wantedCorrect)
            expectClose(gradient, wanted, tolerance: 1e-7)
        }
    }
}
