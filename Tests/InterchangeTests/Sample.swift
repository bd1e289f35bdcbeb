import Checkpoints
import Configuration
import Foundation
import Interchange
import Models
import Networks
import Tensors

/// A model with drawn weights and statistics.
struct Sample {
    let run: RunConfiguration
    let network: Network
    let storage: ParameterStorage

    static let joint = """
        kind: slowfast-lstm
        classes: 3
        input: {frames: 4, size: 16}
        models: [{name: f1, alpha: 2}, {name: f2, alpha: 4}]
        slow: {block: basic, layers: [2, 1], width: 4}
        fast: {channels: 4, hidden: 4}
        """
    static let sameLevel = joint + "\nsharing: {kind: same-level, templates: 3}"
    static let crossLevel = joint + "\nsharing: {kind: cross-level}"
    static let paper = """
        kind: slowfast
        classes: 3
        input: {frames: 8, size: 32}
        alpha: 4
        width: 8
        layers: [1, 2, 1, 1]
        """

    init(_ model: String, seed: UInt64 = 1) throws {
        run = RunConfiguration(
            seed: seed, model: try ModelConfiguration(yaml: model),
            data: DataConfiguration(path: "clips.h5"))
        network = try Network(run)
        storage = ParameterStorage(network.parameters)
        network.parameters.initialise(storage, seed: seed)
        for parameter in network.parameters.statistics {
            let random = CounterRandom(seed: seed, stream: UInt64(parameter.offset))
            for place in parameter.range {
                storage.statistics[place] = 1 + random.uniform(at: UInt64(place))
            }
        }
    }

    func values(_ name: String) -> [Float]? {
        network.parameters[name].map { parameter in
            let buffer = parameter.isTrainable ? storage.values : storage.statistics
            return parameter.range.map { buffer[$0] }
        }
    }

    /// Every number, in the order of the tensors.
    var bits: [UInt32] {
        (storage.values.array + storage.statistics.array).map(\.bitPattern)
    }

    func export(
        _ names: WeightNames, model: Int = 0, materialize: Bool = false
    ) throws -> WeightExport {
        try WeightExport(
            network, storage, of: run.model, names: names, model: model, materialize: materialize,
            steps: 7)
    }

    func take(_ file: String) throws -> ImportReport {
        try WeightImport.take(SafetensorsFile(file), into: storage, of: network, run.model)
    }
}

/// A folder that is removed at the end.
final class TemporaryFolder {
    let path = NSTemporaryDirectory() + "lockstep-" + UUID().uuidString

    init() throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        do { try FileManager.default.removeItem(atPath: path) } catch {
            print("left behind \(path): \(error)")
        }
    }

    func file(_ tensors: [TensorSource], _ name: String = "w.safetensors") throws -> String {
        let file = path + "/" + name
        try SafetensorsFile.write(tensors, to: file)
        return file
    }
}

extension TensorSource {
    func renamed(_ name: String) -> TensorSource {
        TensorSource(name: name, type: type, shape: shape, lend: lend)
    }
}
