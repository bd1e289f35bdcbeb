import CKernels
import Foundation
import Tensors
import Testing

extension KernelTests {
    @Suite("LSTM gates")
    struct Recurrence {
        /// h' and c' of one cell in double; gates are (i, f, o, g).
        func cell(_ pre: [Double], _ c: Double) -> (h: Double, c: Double) {
            func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }
            let after = sigmoid(pre[1]) * c + sigmoid(pre[0]) * tanh(pre[3])
            return (sigmoid(pre[2]) * tanh(after), after)
        }

        @Test(
            "one step forward and backward, in either order of gates",
            arguments: [1, 3, 8, 17], KernelVariant.supported)
        func step(hidden: Int, variant: KernelVariant) throws {
            try variant.select()
            for (order, blocks) in [(LK_GATES_IFOG, [0, 1, 2, 3]), (LK_GATES_IFGO, [0, 1, 3, 2])] {
                for first in [true, false] {
                    check(hidden, Int32(order), blocks, first: first)
                }
            }
        }

        func check(_ hidden: Int, _ order: Int32, _ blocks: [Int], first: Bool) {
            let rows = 5
            let stride = hidden + 2
            let pre = noise(rows * 4 * hidden, 1).map { 3 * $0 }
            let bias = noise(4 * hidden, 2)
            let before = noise(rows * hidden, 3)
            let dh = noise(rows * stride, 4)
            let dc = noise(rows * hidden, 5)
            var gates = [Float](repeating: .nan, count: pre.count)
            var c = [Float](repeating: .nan, count: before.count)
            var h = [Float](repeating: 9, count: rows * stride)
            var dpre = gates
            var dbefore = c
            before.withUnsafeBufferPointer {
                let previous = first ? nil : $0.baseAddress
                lk_lstm_gates(rows, hidden, order, pre, bias, previous, &gates, &c, &h, stride)
                lk_lstm_gates_backward(
                    rows, hidden, order, gates, previous, c, dh, stride, dc, &dpre, &dbefore)
            }
            var (wantedH, wantedC) = (h.map { _ in 9.0 }, c.map { _ in 0.0 })
            var (wantedPre, wantedBefore) = (dpre.map { _ in 0.0 }, wantedC)
            for r in 0..<rows {
                for j in 0..<hidden {
                    let at = blocks.map { r * 4 * hidden + $0 * hidden + j }
                    let input = zip(at, blocks).map {
                        Double(pre[$0]) + Double(bias[$1 * hidden + j])
                    }
                    let old = first ? 0 : Double(before[r * hidden + j])
                    let (gh, gc) = (Double(dh[r * stride + j]), Double(dc[r * hidden + j]))
                    (wantedH[r * stride + j], wantedC[r * hidden + j]) = cell(input, old)
                    // Central differences of dh h' + dc c' are exact to 1e-9 in double.
                    func slope(_ change: (Double) -> (h: Double, c: Double)) -> Double {
                        let (up, down) = (change(1e-5), change(-1e-5))
                        return (gh * (up.h - down.h) + gc * (up.c - down.c)) / 2e-5
                    }
                    for gate in 0..<4 {
                        wantedPre[at[gate]] = slope { e in
                            var moved = input
                            moved[gate] += e
                            return cell(moved, old)
                        }
                    }
                    wantedBefore[r * hidden + j] = slope { cell(input, old + $0) }
                }
            }
            expectClose(h, wantedH, "h")
            expectClose(c, wantedC, "c")
            expectClose(dpre, wantedPre, "dpre")
            expectClose(dbefore, wantedBefore, "dc")
        }
    }
}
