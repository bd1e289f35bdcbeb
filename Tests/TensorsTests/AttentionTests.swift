import CKernels
import Foundation
import Tensors
import Testing

extension KernelTests {
    @Suite("attention")
    struct Attention {
        func softmax(_ row: [Double]) -> [Double] {
            let top = row.max() ?? 0
            let powers = row.map { exp($0 - top) }
            let sum = powers.reduce(0, +)
            return powers.map { $0 / sum }
        }

        @Test("softmax of rows and its gradient", arguments: [1, 3, 16, 33])
        func softmaxRows(columns: Int) throws {
            for variant in KernelVariant.supported {
                try variant.select()
                let (x, dy) = (noise(4 * columns, 1).map { 9 * $0 }, noise(4 * columns, 2))
                var y = [Float](repeating: .nan, count: x.count)
                var dx = y
                lk_softmax(4, columns, x, &y)
                lk_softmax_backward(4, columns, y, dy, &dx)
                var (wanted, gradient): ([Double], [Double]) = ([], [])
                for r in 0..<4 {
                    let range = (r * columns)..<((r + 1) * columns)
                    let p = softmax(x[range].map(Double.init))
                    let d = dy[range].map(Double.init)
                    let mean = zip(p, d).reduce(0) { $0 + $1.0 * $1.1 }
                    wanted += p
                    gradient += zip(p, d).map { $0 * ($1 - mean) }
                }
                expectClose(y, wanted, tolerance: 1e-6)
                expectClose(dx, gradient, tolerance: 1e-6)
            }
        }

        @Test("layer norm forward, and backward by differences", arguments: [3, 7, 16, 33])
        func layerNorm(columns: Int) throws {
            let epsilon = 1e-5
            let rows = 3
            let (x, dy) = (noise(rows * columns, 1), noise(rows * columns, 2))
            let (gamma, beta) = (noise(columns, 3), noise(columns, 4))
            func forward(_ x: [Double], _ gamma: [Double]) -> [Double] {
                x.indices.map { i in
                    let row = x[(i / columns * columns)..<((i / columns + 1) * columns)]
                    let mean = row.reduce(0, +) / Double(columns)
                    let variance =
                        row.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(columns)
                    return (x[i] - mean) / (variance + epsilon).squareRoot() * gamma[i % columns]
                        + Double(beta[i % columns])
                }
            }
            let (xd, gd) = (x.map(Double.init), gamma.map(Double.init))
            func slope(_ change: (Double) -> [Double]) -> Double {
                zip(zip(change(1e-5), change(-1e-5)), dy).reduce(0) {
                    $0 + ($1.0.0 - $1.0.1) / 2e-5 * Double($1.1)
                }
            }
            func nudged(_ values: [Double], _ i: Int, _ e: Double) -> [Double] {
                var result = values
                result[i] += e
                return result
            }
            for variant in KernelVariant.supported {
                try variant.select()
                var y = [Float](repeating: .nan, count: x.count)
                var dx = y
                var (mean, inverse) = (
                    [Float](repeating: 0, count: rows), [Float](repeating: 0, count: rows)
                )
                var dgamma = [Float](repeating: 0, count: columns)
                var dbeta = dgamma
                lk_layer_norm(rows, columns, x, gamma, beta, epsilon, &y, &mean, &inverse)
                lk_layer_norm_backward(
                    rows, columns, x, mean, inverse, gamma, dy, &dx, &dgamma, &dbeta)
                expectClose(y, forward(xd, gd), "y")
                let wantedX = xd.indices.map { i in slope { forward(nudged(xd, i, $0), gd) } }
                let wantedGamma = gd.indices.map { i in slope { forward(xd, nudged(gd, i, $0)) } }
                let wantedBeta = gd.indices.map { c in
                    (0..<rows).reduce(0.0) { $0 + Double(dy[$1 * columns + c]) }
                }
                expectClose(dx, wantedX, tolerance: 5e-6, "dx")
                expectClose(dgamma, wantedGamma, tolerance: 5e-6, "dgamma")
                expectClose(dbeta, wantedBeta, "dbeta")
            }
        }

        @Test("the table of positions is sines and cosines to the last bit but one")
        func positions() throws {
            for variant in KernelVariant.supported {
                try variant.select()
                let (frames, width) = (300, 10)
                var table = [Float](repeating: .nan, count: frames * width)
                lk_position_table(frames, width, &table)
                let wanted = table.indices.map { i in
                    let (t, j) = (Double(i / width), i % width)
                    let angle = t * exp(Double(j / 2 * 2) * (-log(10000.0) / Double(width)))
                    return j % 2 == 0 ? sin(angle) : cos(angle)
                }
                expectClose(table, wanted, tolerance: 6e-8)
            }
        }
    }
}
