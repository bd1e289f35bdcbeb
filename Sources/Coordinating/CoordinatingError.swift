/// Why a run cannot start or go on.
public enum CoordinatingError: Error, CustomStringConvertible {
    case journal(file: String, line: Int, problem: String)
    case data(problem: String)
    case usage(problem: String)
    case upload(problem: String)

    static func noRun(at directory: String) -> CoordinatingError {
        .usage(problem: "there is no run at \(directory); name the directory of one")
    }

    public var description: String {
        switch self {
        case .journal(let file, let line, let problem):
            "\(file): line \(line) is no record of this journal: \(problem)"
        case .data(let problem), .usage(let problem): problem
        case .upload(let problem): "an uploaded state is refused: \(problem)"
        }
    }
}
