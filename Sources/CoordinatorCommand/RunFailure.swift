/// A run that ended with status 1.
struct RunFailure: Error, CustomStringConvertible {
    let description: String
}
