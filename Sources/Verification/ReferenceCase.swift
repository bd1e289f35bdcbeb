public import Configuration
import HDF5

/// One training step of a model as another implementation computed it, in double precision.
public struct ReferenceCase: Sendable {
    /// A tensor of the file.
    struct Tensor: Sendable {
        let name: String
        let values: [Float]
    }

    /// What there is before the step, and after it.
    struct State: Sendable {
        let parameters: [Tensor]
        let buffers: [Tensor]
    }

    public let path: String
    public let model: ModelConfiguration
    /// (clips, frames, height, width, 3) in 0...1.
    let clips: [Float]
    let labels: [Int64]
    let loss: Double
    /// (models, clips, classes).
    let logits: [Float]
    let gradients: [Tensor]
    let before: State
    let after: State

    /// Clips in the batch.
    public var batch: Int { labels.count }

    /// Reads a file that `write_reference.py` wrote.
    public init(reading path: String) throws(VerificationError) {
        let file = try Self.reading { () throws(HDF5Error) in try HDF5File(reading: path) }
        self.path = path
        model = try Self.model(of: file)
        clips = try Self.values(file, "input/clips")
        labels = try Self.reading { () throws(HDF5Error) in
            try file.dataset("input/labels").read()
        }
        loss = try Self.reading { () throws(HDF5Error) in
            try file.dataset("output/loss").readScalar()
        }
        logits = try Self.values(file, "output/logits")
        gradients = try Self.tensors(file, "gradients")
        before = State(
            parameters: try Self.tensors(file, "parameters"),
            buffers: try Self.tensors(file, "buffers"))
        after = State(
            parameters: try Self.tensors(file, "after/parameters"),
            buffers: try Self.tensors(file, "after/buffers"))
    }

    private static func reading<Value>(
        _ read: () throws(HDF5Error) -> Value
    ) throws(VerificationError) -> Value {
        do { return try read() } catch { throw .unreadable(error) }
    }

    private static func model(of file: HDF5File) throws(VerificationError) -> ModelConfiguration {
        let config = try reading { () throws(HDF5Error) in try file.attribute("config") }
        guard case .string(let yaml) = config else {
            throw .malformed(path: file.path, what: "it has no text attribute `config`")
        }
        do {
            return try ModelConfiguration(yaml: yaml, source: file.path)
        } catch {
            throw .configuration(error)
        }
    }

    private static func values(
        _ file: HDF5File, _ name: String
    ) throws(VerificationError) -> [Float] {
        try reading { () throws(HDF5Error) in try file.dataset(name).read() }
    }

    /// All tensors of a group; none where there is no such group.
    private static func tensors(
        _ file: HDF5File, _ group: String
    ) throws(VerificationError) -> [Tensor] {
        let names = try reading { () throws(HDF5Error) in
            try file.exists(group) ? try file.names(in: group) : []
        }
        var tensors: [Tensor] = []
        for name in names {
            tensors.append(Tensor(name: name, values: try values(file, "\(group)/\(name)")))
        }
        return tensors
    }
}
