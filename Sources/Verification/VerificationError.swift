public import Configuration
public import HDF5
public import Models
public import Tensors

/// Why a reference file could not be checked.
public enum VerificationError: Error, CustomStringConvertible {
    case unreadable(HDF5Error)
    /// An entry is missing or does not fit the network.
    case malformed(path: String, what: String)
    case configuration(ConfigurationError)
    case model(path: String, ModelError)
    case threads(ThreadPoolError)

    public var description: String {
        switch self {
        case .unreadable(let error): "\(error)"
        case .malformed(let path, let what):
            "\(path): \(what); write the file anew with write_reference.py"
        case .configuration(let error): "\(error)"
        case .model(let path, let error): "\(path): \(error)"
        case .threads(let error): "\(error)"
        }
    }
}
