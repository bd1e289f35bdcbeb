import CKernels
import Foundation
import Tensors
import Testing

extension KernelTests {
    @Suite("optimiser updates")
    struct Updates {
        let count = 37

        @Test("SGD follows PyTorch's formulas over three steps", arguments: KernelVariant.supported)
        func sgd(variant: KernelVariant) throws {
            try variant.select()
            for (momentum, nesterov) in [(0.0, false), (0.9, false), (0.9, true)] {
                var w = noise(count, 1)
                var velocity = [Float](repeating: 0, count: count)
                var (wanted, buffer) = (w.map(Double.init), velocity.map(Double.init))
                for step in 0..<3 {
                    let gradient = noise(count, UInt64(2 + step))
                    lk_update_sgd(
                        count, &w, gradient, &velocity, 0.25, 0.1, Float(momentum), 0.01,
                        nesterov ? 1 : 0)
                    for i in 0..<count {
                        let g = Double(gradient[i]) / 4 + 0.01 * wanted[i]
                        // torch.optim.SGD: the first step's buffer is the gradient itself.
                        buffer[i] = step == 0 ? g : momentum * buffer[i] + g
                        let direction =
                            momentum == 0 ? g : nesterov ? g + momentum * buffer[i] : buffer[i]
                        wanted[i] -= 0.1 * direction
                    }
                }
                expectClose(w, wanted, tolerance: 1e-6)
            }
        }

        @Test("Adam and AdamW follow PyTorch's formulas", arguments: KernelVariant.supported)
        func adam(variant: KernelVariant) throws {
            try variant.select()
            for decoupled in [false, true] {
                var w = noise(count, 1)
                var m = [Float](repeating: 0, count: count)
                var v = m
                var (ww, mm, vv) = (w.map(Double.init), m.map(Double.init), v.map(Double.init))
                for step in 1...3 {
                    let gradient = noise(count, UInt64(2 + step))
                    let (c1, c2) = (1 - pow(0.9, Double(step)), 1 - pow(0.999, Double(step)))
                    lk_update_adam(
                        count, &w, gradient, &m, &v, 0.5, 0.01, 0.9, 0.999, 1e-8, 0.1,
                        decoupled ? 1 : 0, c1, c2)
                    for i in 0..<count {
                        var g = Double(gradient[i]) / 2
                        if decoupled { ww[i] *= 1 - 0.01 * 0.1 } else { g += 0.1 * ww[i] }
                        mm[i] = 0.9 * mm[i] + 0.1 * g
                        vv[i] = 0.999 * vv[i] + 0.001 * g * g
                        ww[i] -= 0.01 / c1 * mm[i] / ((vv[i] / c2).squareRoot() + 1e-8)
                    }
                }
                expectClose(w, ww, tolerance: 1e-6)
                expectClose(m, mm, tolerance: 1e-6)
                // 1 - 0.999 in float is off by 1e-5 of itself: the formula's own rounding.
                expectClose(v, vv, tolerance: 3e-5)
            }
        }

        @Test("every variant gives the same bits in an update")
        func sameBits() throws {
            var results: Set<[Float]> = []
            for variant in KernelVariant.supported {
                try variant.select()
                var (w, m, v) = (noise(count, 1), noise(count, 2), noise(count, 3).map { abs($0) })
                lk_update_adam(
                    count, &w, noise(count, 4), &m, &v, 0.5, 0.01, 0.9, 0.999, 1e-8, 0.1, 0, 0.1,
                    0.01)
                lk_update_sgd(count, &w, noise(count, 5), &m, 0.5, 0.01, 0.9, 0.1, 1)
                results.insert(w + m + v)
            }
            #expect(results.count == 1)
        }
    }
}
