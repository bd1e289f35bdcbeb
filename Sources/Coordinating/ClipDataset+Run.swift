public import ClipDatasets
public import Configuration

extension ClipDataset {
    /// The clips of a run.
    ///
    /// - Parameter path: Instead of those that the configuration names.
    /// - Throws: `ClipDatasetError`; where the configuration names no file that is there, `CoordinatingError` with
    ///   what to do.
    public static func ofRun(_ configuration: RunConfiguration, at path: String? = nil) throws
        -> ClipDataset
    {
        if let path { return try ClipDataset(path: path) }
        do throws(ClipDatasetError) {
            return try ClipDataset(path: configuration.data.path)
        } catch {
            guard error.isMissingFile else { throw error }
            throw CoordinatingError.data(
                problem:
                    "\(configuration.data.path): no such file (data.path of the configuration); "
                    + "name the clips with --data FILE")
        }
    }
}
