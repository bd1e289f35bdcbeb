import Networks
import Synchronization
import Tensors
import Training
import TrainingProtocol
import Wire

/// A small state, whole and in pieces.
enum SampleState {
    static let layout = TrainingState.Layout(
        tree: ParameterTree([
            Parameter(
                name: "w", shape: [100], role: .trainable(decays: true), initialiser: .constant(0)),
            Parameter(name: "m", shape: [4], role: .runningMean, initialiser: .constant(0)),
        ]), optimizerVectors: ["momentum"])

    static func filled(_ factor: Float = 0.5) -> TrainingState {
        let state = TrainingState(layout: layout)
        for vector in state.vectors {
            for index in 0..<vector.count { vector[index] = Float(index) * factor }
        }
        return state
    }

    /// The pieces of a state, `size` bytes each.
    static func pieces(
        of state: TrainingState, size: Int, upload: UInt64 = 1
    ) -> [(StatePart, [UInt8])] {
        zip(layout.vectors, state.vectors).flatMap { vector, buffer in
            stride(from: 0, to: buffer.bytes.count, by: size).map { offset in
                let end = min(offset + size, buffer.bytes.count)
                let bytes = Array(buffer.bytes[offset..<end])
                let checksum = bytes.withUnsafeBytes { Digest128(of: $0).low }
                return (
                    StatePart(
                        name: vector.name, offset: offset, total: buffer.bytes.count,
                        checksum: checksum, upload: upload), bytes
                )
            }
        }
    }
}

/// States that a store completed.
final class ReceivedStates: Sendable {
    private let states = Mutex<[(Step, TrainingState)]>([])

    var all: [(Step, TrainingState)] { states.withLock { $0 } }

    func append(_ step: Step, _ state: TrainingState) {
        states.withLock { $0.append((step, state)) }
    }
}
