import Configuration

/// Everything that a run keeps on disk, owned by one process at a time:
///
///     config.yaml        the resolved configuration
///     dataset.json       what the clips are, see `DatasetRecord`
///     journal            commits and membership, see `Journal`
///     metrics.jsonl      measurements, one JSON object a line
///     checkpoints/       step-00000010 and so on, see `CheckpointStore`
///     final/             the result, of the same files as a checkpoint
///     keys/              the coordinator's keys and who may connect, where there are some
///     address            where the coordinator listens
///     lock               who is using the directory
public final class RunDirectory: Sendable {
    static let configName = "config.yaml"
    static let lockName = "lock"
    static let keysName = "keys"

    public let path: String
    public let configuration: RunConfiguration
    public let journal: Journal
    public let metrics: MetricsLog
    public let checkpoints: CheckpointStore
    private let lock: RunLock
    let storage: Storage

    private init(
        _ path: String, _ configuration: RunConfiguration, _ lock: RunLock, _ storage: Storage
    ) throws(SavedStateError) {
        self.path = path
        self.configuration = configuration
        self.lock = lock
        self.storage = storage
        try storage.createDirectory("\(path)/checkpoints")
        journal = try Journal("\(path)/journal", storage: storage)
        metrics = try MetricsLog("\(path)/metrics.jsonl", storage: storage)
        checkpoints = CheckpointStore(root: path, storage: storage)
        try checkpoints.recoverFinal()
    }

    /// Starts a run in a directory that does not exist or is empty.
    ///
    /// - Throws: `SavedStateError`; of kind `runExists` if this run was started there before,
    ///   `otherConfiguration` if another was, `foreignDirectory` if something else is there. What is
    ///   there is left as it is.
    public static func create(
        at path: String, configuration: RunConfiguration, fault: FaultPoint? = nil
    ) throws(SavedStateError) -> RunDirectory {
        let storage = Storage(fault: fault)
        try requireUnused(path, for: configuration, storage: storage)
        for directory in missingDirectories(to: path, storage: storage) {
            try storage.createDirectory(directory)
            try storage.synchronizeDirectory(parent(of: directory))
        }
        let lock = try RunLock("\(path)/\(lockName)", storage: storage)
        // Another process may have been quicker.
        try requireUnused(path, for: configuration, storage: storage)
        try storage.replaceFile("\(path)/\(configName)", with: configuration.canonicalYAML)
        return try RunDirectory(path, configuration, lock, storage)
    }

    /// Opens a run that was started before.
    ///
    /// `configuration` may differ from the run's in keys that do not change the trained bits; it then
    /// takes the place of the one that is there. Without one, the run's own is used.
    ///
    /// - Throws: `SavedStateError`; of kind `missing` if there is no run, `locked` if a process is at
    ///   it, `otherConfiguration` if the trained bits would differ.
    public static func resume(
        at path: String, configuration: RunConfiguration? = nil, fault: FaultPoint? = nil
    ) throws(SavedStateError) -> RunDirectory {
        let storage = Storage(fault: fault)
        guard storage.exists("\(path)/\(configName)") else {
            throw SavedStateError(
                .missing, path, "holds no run", remedy: "start one, or name another directory")
        }
        let lock = try RunLock("\(path)/\(lockName)", storage: storage)
        let stored = try Self.configuration(at: path)
        let chosen = configuration ?? stored
        try check(chosen, ofRunAt: path, with: stored)
        if !chosen.differences(from: stored).isEmpty {
            try storage.replaceFile("\(path)/\(configName)", with: chosen.canonicalYAML)
        }
        return try RunDirectory(path, chosen, lock, storage)
    }

    /// Where the keys of the run at `path` are, if it has some. They may be made before the run.
    public static func keys(at path: String) -> String { "\(path)/\(keysName)" }

    /// Whether a process is at the run at `path`.
    public static func isInUse(_ path: String) throws(SavedStateError) -> Bool {
        try RunLock.isHeld("\(path)/\(lockName)")
    }

    /// The configuration of the run at `path`.
    public static func configuration(at path: String) throws(SavedStateError) -> RunConfiguration {
        do throws(ConfigurationError) {
            return try RunConfiguration(contentsOf: "\(path)/\(configName)")
        } catch {
            let reason = error.problems.first?.description ?? ""
            throw SavedStateError(
                .malformed, path, "has a configuration that cannot be used (\(reason))",
                remedy: "restore \(configName) from the file that the run was started with")
        }
    }
}

extension RunDirectory {
    /// Checks whether a run may go on with a configuration.
    ///
    /// - Parameter stored: What it has gone by so far.
    /// - Throws: `SavedStateError` of kind `otherConfiguration` if the trained bits would differ.
    public static func check(
        _ configuration: RunConfiguration, ofRunAt path: String, with stored: RunConfiguration
    ) throws(SavedStateError) {
        let differences = configuration.differences(from: stored)
        guard !differences.decidingBits.isEmpty else { return }
        let keys = differences.decidingBits.map(\.description).joined(separator: ", ")
        throw SavedStateError(
            .otherConfiguration(differences), path,
            "holds a run of another configuration, which differs in \(keys)",
            remedy:
                "go on with it without --config and --set, or begin another run in a new directory, "
                + "with its weights if you like: --from \(path)")
    }

    /// Refuses a directory that holds anything but what an interrupted `create` leaves.
    private static func requireUnused(
        _ path: String, for configuration: RunConfiguration, storage: Storage
    ) throws(SavedStateError) {
        let names = try storage.list(path) ?? []
        if names.contains(configName) {
            try check(configuration, ofRunAt: path, with: Self.configuration(at: path))
            throw SavedStateError(
                .runExists, path, "holds this run already",
                remedy: "resume it, or name another directory")
        }
        let own = [lockName, keysName, configName + Storage.temporarySuffix]
        let foreign = names.filter { !own.contains($0) }
        if let first = foreign.first {
            throw SavedStateError(
                .foreignDirectory, path,
                "is no run directory and not empty, it holds \"\(first)\""
                    + (foreign.count > 1 ? " and \(foreign.count - 1) more" : ""),
                remedy: "name a new or an empty directory")
        }
    }

    /// The directories on the way to `path` that are not there yet, outermost first.
    private static func missingDirectories(to path: String, storage: Storage) -> [String] {
        var missing: [String] = []
        var directory = path
        while !storage.exists(directory) && directory != parent(of: directory) {
            missing.insert(directory, at: 0)
            directory = parent(of: directory)
        }
        return missing
    }
}
