public import Checkpoints
public import Configuration
public import Networks
import Tensors

// Saved as named tensors without the gaps of the flat vectors.

extension TrainingState {
    /// Trainable tensors and running statistics. They read this state when they are written.
    public var modelTensors: [TensorSource] {
        sources(of: layout.tree.trainable, in: parameters.values)
            + sources(of: layout.tree.statistics, in: parameters.statistics)
    }

    /// `momentum/NAME` and its like.
    public var optimizerTensors: [TensorSource] {
        zip(layout.optimizerVectors, optimizer).flatMap { vector, buffer in
            sources(of: Array(layout.tree.trained), in: buffer, prefix: vector.name + "/")
        }
    }

    private func sources(
        of parameters: [Parameter], in buffer: FloatBuffer, prefix: String = ""
    ) -> [TensorSource] {
        parameters.map { parameter in
            TensorSource(name: prefix + parameter.name, type: .float32, shape: parameter.shape) {
                $0(UnsafeRawBufferPointer(Self.bytes(of: parameter, in: buffer)))
            }
        }
    }

    private static func bytes(
        of parameter: Parameter, in buffer: FloatBuffer
    ) -> UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(
            UnsafeMutableBufferPointer(rebasing: buffer.floats[parameter.range]))
    }

    /// The state that a checkpoint holds.
    ///
    /// - Parameter layout: Of the network and optimiser of the run.
    /// - Throws: `SavedStateError` where a tensor is missing, or of another shape.
    public convenience init(
        layout: Layout, checkpoint: Checkpoint
    ) throws(SavedStateError) {
        self.init(layout: layout)
        let model = try checkpoint.model()
        try read(layout.tree.trainable, from: model, into: parameters.values)
        try read(layout.tree.statistics, from: model, into: parameters.statistics)
        guard !layout.optimizerVectors.isEmpty else { return }
        let remembered = try checkpoint.optimizer()
        for (vector, buffer) in zip(layout.optimizerVectors, optimizer) {
            try read(
                Array(layout.tree.trained), from: remembered, into: buffer,
                prefix: vector.name + "/")
        }
    }

    /// What an evaluation scores of a checkpoint, laid out as `Network(configuration)` says.
    ///
    /// - Throws: `ModelError`, `SavedStateError`.
    public static func scoredParameters(
        of checkpoint: Checkpoint, _ configuration: RunConfiguration
    ) throws -> ParameterStorage {
        let layout = try Layout(configuration)
        // Of the optimiser's vectors, only the weights' average is needed.
        let needed =
            configuration.train.ema > 0 ? layout : Layout(tree: layout.tree, optimizerVectors: [])
        return try TrainingState(layout: needed, checkpoint: checkpoint).scoredParameters
    }

    private func read(
        _ parameters: [Parameter], from file: SafetensorsFile, into buffer: FloatBuffer,
        prefix: String = ""
    ) throws(SavedStateError) {
        for parameter in parameters {
            let tensor = try file.tensor(
                prefix + parameter.name, type: .float32, shape: parameter.shape)
            try file.read(tensor, into: Self.bytes(of: parameter, in: buffer))
        }
    }
}
