import Checkpoints

/// Why weights cannot be written for another program, or taken from a file.
public enum InterchangeError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The other program has no such model.
    case otherModel(WeightNames, problem: String)
    case noModel(Int, count: Int)
    /// Nobody's names that are known.
    case unknownNames(path: String, first: String)
    case shape(path: String, tensor: String, found: [Int], wanted: [Int])
    case type(path: String, tensor: String, found: TensorType)
    case nothingTaken(path: String, WeightNames)
    /// The file is not the one that the run's first weights came from.
    case otherDigest(path: String, found: String, wanted: String)

    public var description: String {
        switch self {
        case .otherModel(let names, let problem):
            "--names \(names.rawValue): \(problem)"
        case .noModel(let model, let count):
            "there is no model \(model); the run has \(count), counted from 0"
        case .unknownNames(let path, let first):
            "\(path): its names are none that are known (\"\(first)\"); known are those of "
                + WeightNames.allCases.map(\.rawValue).joined(separator: ", ")
        case .shape(let path, let tensor, let found, let wanted):
            "\(path): tensor \"\(tensor)\" is \(found), and this model's is \(wanted); take the "
                + "configuration that the weights were trained with"
        case .type(let path, let tensor, let found):
            "\(path): tensor \"\(tensor)\" is \(found.rawValue); weights are F32, or F64, F16 or "
                + "BF16, which are converted"
        case .nothingTaken(let path, let names):
            "\(path): of its tensors (\(names.rawValue)'s names), none is of this model"
        case .otherDigest(let path, let found, let wanted):
            "\(path): its SHA-256 is \(found), and the run's first weights had \(wanted) "
                + "(train.from_sha256); restore that file"
        }
    }
}
