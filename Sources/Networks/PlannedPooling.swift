import CKernels
import Tensors

/// Max or average pooling of (images, height, width, channels), whole images a tile.
struct PlannedPooling: PlannedOperation {
    enum Kind: Sendable {
        case max(lk_pooling, winners: BufferID)
        case average2
        case adaptive(height: Int, width: Int)
    }

    let name: String
    let kind: Kind
    let images: Int
    let from: FeatureShape
    let to: FeatureShape
    let x: BufferID
    let y: BufferID
    let dy: BufferID?
    let dx: GradientTarget?
    /// Where the gradient is put together before it is added to what other operations left.
    let staging: BufferID?

    private var winners: BufferID? {
        if case .max(_, let winners) = kind { winners } else { nil }
    }

    var forwardBuffers: [BufferID] { [x, y] + [winners].compactMap(\.self) }

    var backwardBuffers: [BufferID] {
        [dy, dx?.buffer, staging, winners].compactMap(\.self)
    }

    private var inputCount: Int { from.height * from.width * from.channels }
    private var outputCount: Int { to.height * to.width * to.channels }
    private var tileImages: Int { Swift.max(1, 32_768 / inputCount) }

    var cost: OperationCost {
        let (input, output) = (images * inputCount, images * outputCount)
        let winners = winners == nil ? 0 : output
        let forward = OperationCost.Work(
            bytes: (input + output) * MemoryLayout<Float>.stride + winners)
        var back = OperationCost.Work.none
        if dy != nil, let dx {
            let sweeps = dx.sweeps + (staging == nil ? 0 : 2)
            back = OperationCost.Work(
                bytes: (output + sweeps * input) * MemoryLayout<Float>.stride + winners)
        }
        return OperationCost(
            name: name, kind: .pooling, title: title, forward: forward, backward: back)
    }

    private var title: String {
        switch kind {
        case .max(let shape, _): "max pool \(shape.kernel)x\(shape.kernel)/\(shape.stride)"
        case .average2: "average 2x2"
        case .adaptive(let height, let width): "average to \(height)x\(width)"
        }
    }

    func forward(_ pass: Pass) {
        let (input, output) = (pass[x], pass[y])
        pass.tiles(images, of: tileImages) { range, _ in
            let source = input + range.lowerBound * inputCount
            let target = output + range.lowerBound * outputCount
            switch kind {
            case .max(var shape, let winners):
                lk_max_pool(
                    &shape, range.count, source, target,
                    pass.bytes(winners) + range.lowerBound * outputCount)
            case .average2:
                lk_average_pool2(
                    range.count, from.height, from.width, from.channels, source, target)
            case .adaptive(let height, let width):
                lk_adaptive_average_pool(
                    range.count, from.height, from.width, from.channels, height, width, source,
                    target)
            }
        }
    }

    func backward(_ pass: Pass) {
        guard let dy, let dx else { return }
        let gradient = pass[dy]
        let input = pass[staging ?? dx.buffer]
        let sum = pass[dx.buffer]
        pass.tiles(images, of: tileImages) { range, _ in
            let source = gradient + range.lowerBound * outputCount
            let target = input + range.lowerBound * inputCount
            switch kind {
            case .max(var shape, let winners):
                lk_max_pool_backward(
                    &shape, range.count, source,
                    pass.bytes(winners) + range.lowerBound * outputCount, target)
            case .average2:
                lk_average_pool2_backward(
                    range.count, from.height, from.width, from.channels, source, target)
            case .adaptive(let height, let width):
                lk_adaptive_average_pool_backward(
                    range.count, from.height, from.width, from.channels, height, width, source,
                    target)
            }
            if staging != nil {
                lk_add_to(
                    range.count * inputCount, target, sum + range.lowerBound * inputCount)
            }
        }
    }
}
