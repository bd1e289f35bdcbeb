import ArgumentParser
import Configuration
import Coordinating
import Foundation
import TrainingProtocol

// The configuration that the flags ask for.

extension StartCommand {
    /// The configuration as the flags say; nil where an existing run is taken as it is.
    func runConfiguration() throws -> RunConfiguration? {
        guard config != nil || data != nil || from != nil || !overrides.isEmpty,
            let file = config ?? directory.map({ $0 + "/config.yaml" })
        else { return nil }
        var configuration = try RunConfiguration(contentsOf: file, overrides: overrides)
        if let data, !FileManager.default.fileExists(atPath: data) {
            throw RunFailure(
                description: "\(data): no such file, which --data names; check the path")
        }
        // Absolute, for a run may be resumed from another working directory.
        configuration.data.path =
            URL(fileURLWithPath: data ?? configuration.data.path).path
        configuration.train.from = (from ?? configuration.train.from).map {
            URL(fileURLWithPath: $0).path
        }
        return configuration
    }

    /// That of a run that is there, or one of which no more is known than the flags say.
    func defaultTransport() throws -> TransportConfiguration {
        if let directory, let stored = try TrainingRun.transport(ofRunAt: directory) {
            return stored
        }
        let (own, others) = (
            overrides.filter { $0.hasPrefix("transport.") },
            overrides.filter { !$0.hasPrefix("transport.") }
        )
        if let other = others.first {
            throw ValidationError(
                "No time-out follows from \(other); name a configuration with --config to check it."
            )
        }
        return try TransportConfiguration(overrides: own)
    }

    func explain(_ transport: TransportConfiguration) {
        for (name, length, purpose) in Deadlines(worker: transport.workerTimeout).explained {
            print(
                name.padding(toLength: 18, withPad: " ", startingAt: 0)
                    + String(format: "%9.3f s   ", length.inSeconds) + purpose)
        }
    }
}
