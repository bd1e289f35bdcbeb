public import Checkpoints
public import Configuration
public import Networks

/// Takes tensors of a file into a network by their names.
///
/// A tensor of another shape is an error, but for the head, which is left out: another number of
/// classes keeps the trunk.
public struct WeightImport {
    private let file: SafetensorsFile
    private let network: Network
    private let storage: ParameterStorage
    private var report: ImportReport
    /// Values for convolutions whose weights are shared, by the convolution's own name.
    private var uses: [String: [Float]] = [:]
    private var taken: Set<String> = []

    /// Fills what the file has for the network; the rest stays as it is.
    ///
    /// - Throws: `InterchangeError`, `SavedStateError`.
    public static func take(
        _ file: SafetensorsFile, into storage: ParameterStorage, of network: Network,
        _ configuration: ModelConfiguration
    ) throws -> ImportReport {
        guard let names = WeightNames(of: file.tensors.map(\.name)) else {
            throw InterchangeError.unknownNames(
                path: file.path, first: file.tensors.first?.name ?? "")
        }
        var work = WeightImport(
            file: file, network: network, storage: storage,
            report: ImportReport(path: file.path, names: names))
        try work.takeAll(models: configuration.modelCount)
        return work.report
    }

    private init(
        file: SafetensorsFile, network: Network, storage: ParameterStorage, report: ImportReport
    ) {
        self.file = file
        self.network = network
        self.storage = storage
        self.report = report
    }

    private mutating func takeAll(models: Int) throws {
        let plain = Dictionary(
            network.plainTensors.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        for tensor in file.tensors where !tensor.name.hasSuffix(".num_batches_tracked") {
            try take(tensor, models: models, plain)
        }
        takeShared()
        let tree = network.parameters
        let all = (tree.trainable + tree.statistics).map(\.name)
        report.taken = all.filter(taken.contains)
        report.fromSeed = all.filter { !taken.contains($0) }
        if taken.isEmpty {
            throw InterchangeError.nothingTaken(path: file.path, report.names)
        }
    }

    private mutating func take(
        _ tensor: TensorRecord, models: Int, _ plain: [String: PlainTensor]
    ) throws {
        if report.names == .torchvision, tensor.name.hasPrefix("fc.") {
            report.leftOut.append((tensor.name, "a classifier of single frames"))
            return
        }
        let targets = report.names.own(tensor.name, models: models).filter {
            network.parameters[$0] != nil || plain[$0] != nil
        }
        guard !targets.isEmpty else {
            report.leftOut.append((tensor.name, "this model has no such tensor"))
            return
        }
        var values: [Float]?
        for own in targets {
            let parameter = network.parameters[own]
            let shape = parameter?.shape ?? plain[own]?.shape ?? []
            guard tensor.shape == shape else {
                guard Self.isHead(own) else {
                    throw InterchangeError.shape(
                        path: file.path, tensor: tensor.name, found: tensor.shape, wanted: shape)
                }
                report.leftOut.append(
                    (tensor.name, "the head is of another shape (\(tensor.shape), not \(shape))"))
                continue
            }
            let floats = try values ?? file.floats(tensor)
            if values == nil, tensor.type != .float32 {
                report.converted[tensor.type.rawValue, default: 0] += 1
            }
            values = floats
            if let parameter { fill(parameter, floats) } else { uses[own] = floats }
        }
    }

    private static func isHead(_ own: String) -> Bool {
        let parts = own.split(separator: ".")
        return parts.first == "head" || (parts.count > 2 && parts[2] == "head")
    }

    private mutating func fill(_ parameter: Parameter, _ values: [Float]) {
        _ = storage.floats(of: parameter).update(fromContentsOf: values)
        taken.insert(parameter.name)
    }

    /// A shared weight is taken where the file has one for each of its uses, and they are all the same: a tied tensor
    /// as it is, a mixture as its first template with the coefficients (1, 0, ...). Nothing else represents
    /// the file's numbers exactly.
    private mutating func takeShared() {
        var banks: [(tensors: [String], uses: [(name: String, source: WeightSource)])] = []
        for tensor in network.plainTensors {
            guard case .weight(let source) = tensor.source,
                network.parameters[tensor.name] == nil
            else { continue }
            if let bank = banks.firstIndex(where: { $0.tensors == source.tensors }) {
                banks[bank].uses.append((tensor.name, source))
            } else {
                banks.append((source.tensors, [(tensor.name, source)]))
            }
        }
        for bank in banks {
            let given = bank.uses.filter { uses[$0.name] != nil }
            guard let first = given.first.flatMap({ uses[$0.name] }) else { continue }
            let bits = first.map(\.bitPattern)
            let isExact =
                given.count == bank.uses.count
                && given.allSatisfy { uses[$0.name]?.map(\.bitPattern) == bits }
            guard isExact, let template = network.parameters[bank.tensors[0]] else {
                for use in given {
                    report.leftOut.append(
                        (use.name, "shared here, and not the same for every use in the file"))
                }
                continue
            }
            fill(template, first)
            for use in bank.uses { takeOne(use.source) }
        }
    }

    /// Makes a mixture its first template.
    private mutating func takeOne(_ source: WeightSource) {
        guard case .mixture(let name, _) = source, let coefficients = network.parameters[name]
        else { return }
        fill(coefficients, [1] + [Float](repeating: 0, count: coefficients.count - 1))
    }
}

extension ModelConfiguration {
    /// Models f1..fn.
    fileprivate var modelCount: Int {
        if case .slowFastLSTM(let family) = architecture { family.models.count } else { 0 }
    }
}
