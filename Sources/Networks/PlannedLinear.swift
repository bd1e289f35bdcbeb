import CKernels
import Tensors

/// y = x transpose(w) + bias for every frame: (rows, in) to (rows, out), by BLAS on fixed tiles.
struct PlannedLinear: PlannedOperation {
    let name: String
    let rows: Int
    let inputs: Int
    let outputs: Int
    let weight: Int
    let bias: Int
    let trainsWeight: Bool
    let trainsBias: Bool
    let x: BufferID
    let y: BufferID
    let dy: BufferID?
    let dx: GradientTarget?

    private var tileRows: Int { 64 }
    private var tileOutputs: Int { 64 }

    var forwardBuffers: [BufferID] { [x, y] }
    var backwardBuffers: [BufferID] { dy.map { [x, $0] + [dx?.buffer].compactMap(\.self) } ?? [] }

    var cost: OperationCost {
        let product = rows * inputs * outputs
        let (weight, x, y) = (inputs * outputs, rows * inputs, rows * outputs)
        var back = OperationCost.Work.none
        if dy != nil {
            let products = (trainsWeight ? 1 : 0) + (dx == nil ? 0 : 1)
            back = OperationCost.Work(
                multiplyAdds: products * product,
                floats: products * y + (trainsWeight ? x + weight : 0)
                    + (dx.map { $0.sweeps * x + weight } ?? 0))
        }
        return OperationCost(
            name: name, kind: .linear, title: "linear \(inputs)→\(outputs)",
            forward: OperationCost.Work(multiplyAdds: product, floats: x + y + weight),
            backward: back)
    }

    func forward(_ pass: Pass) {
        let (input, output) = (pass[x], pass[y])
        pass.tiles(rows, of: tileRows) { range, _ in
            let target = output + range.lowerBound * outputs
            BLAS.gemm(
                transposeB: true, m: range.count, n: outputs, k: inputs,
                a: input + range.lowerBound * inputs, lda: inputs,
                b: pass.parameters + weight, ldb: inputs, c: target, ldc: outputs)
            lk_add_bias(range.count, outputs, pass.parameters + bias, target)
        }
    }

    func backward(_ pass: Pass) {
        guard let dy else { return }
        let (input, gradient) = (pass[x], pass[dy])
        pass.tiles(outputs, of: tileOutputs) { range, _ in
            // Rows of dw are outputs: transpose(dy) x.
            if trainsWeight {
                BLAS.gemm(
                    transposeA: true, m: range.count, n: inputs, k: rows,
                    a: gradient + range.lowerBound, lda: outputs, b: input, ldb: inputs,
                    c: pass.gradient + weight + range.lowerBound * inputs, ldc: inputs)
            }
            guard trainsBias else { return }
            let sums = pass.gradient + bias + range.lowerBound
            lk_fill(range.count, 0, sums)
            lk_add_row_sums(rows, range.count, gradient + range.lowerBound, outputs, sums)
        }
        guard let dx else { return }
        let target = pass[dx.buffer]
        pass.tiles(rows, of: tileRows) { range, _ in
            BLAS.gemm(
                m: range.count, n: inputs, k: outputs,
                a: gradient + range.lowerBound * outputs, lda: outputs,
                b: pass.parameters + weight, ldb: inputs, beta: dx.accumulates ? 1 : 0,
                c: target + range.lowerBound * inputs, ldc: inputs)
        }
    }
}
