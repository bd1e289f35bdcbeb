public import Models
public import Tensors

/// Why a configuration could not be profiled.
public enum ProfilingError: Error, CustomStringConvertible {
    case model(ModelError)
    case threads(ThreadPoolError)
    case kernels(KernelVariantError)

    public var description: String {
        switch self {
        case .model(let error): "\(error)"
        case .threads(let error): "\(error)"
        case .kernels(let error): "\(error)"
        }
    }
}
