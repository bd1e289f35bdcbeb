/// Why a worker cannot go on.
public enum WorkingError: Error, CustomStringConvertible, Equatable {
    case clip(sample: Int, split: String, problem: String)
    case state(String)
    case connection(String)
    case configuration(String)
    /// The coordinator dropped the generation; no fault of this worker's.
    case aborted

    public var description: String {
        switch self {
        case .clip(let sample, let split, let problem):
            "clip \(sample) of \(split) could not be had: \(problem)"
        case .state(let problem): "the training state could not be moved: \(problem)"
        case .connection(let problem), .configuration(let problem): problem
        case .aborted: "the step was aborted"
        }
    }
}
