import CKernels
import Tensors

/// The logarithm of the mean over places of softmax: the softmax of what comes out is that mean.
struct PlannedMeanProbability: PlannedOperation {
    let name: String
    let clips: Int
    let places: Int
    let classes: Int
    let x: BufferID
    let y: BufferID

    var forwardBuffers: [BufferID] { [x, y] }
    var backwardBuffers: [BufferID] { [] }
    var scratchBytes: Int { places * MemoryLayout<Double>.stride }

    var cost: OperationCost {
        OperationCost(
            name: name, kind: .loss, title: "mean probability",
            forward: OperationCost.Work(floats: clips * (places + 1) * classes), backward: .none)
    }

    func forward(_ pass: Pass) {
        let (input, output) = (pass[x], pass[y])
        pass.tiles(clips, of: 1) { range, thread in
            lk_log_mean_softmax(
                places, classes, input + range.lowerBound * places * classes,
                pass.scratch(of: thread).assumingMemoryBound(to: Double.self),
                output + range.lowerBound * classes)
        }
    }

    func backward(_ pass: Pass) {}
}
