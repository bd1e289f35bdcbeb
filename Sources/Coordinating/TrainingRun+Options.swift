public import Configuration
public import CoreMetrics

extension TrainingRun {
    /// How a run is started.
    public struct Options: Sendable {
        public var directory: String
        /// Nil where an existing run is resumed as it was configured.
        public var configuration: RunConfiguration?
        public var localWorkers: Int
        /// Workers to wait for, the local ones included.
        public var workers: Int
        public var threadsPerWorker: Int
        /// Where the control connection listens, as `tcp://127.0.0.1:5555`; port 0 takes any free one. Nil: where an
        /// earlier coordinator of the run did, whose workers look for it there, or any free port of loopback.
        public var address: String?
        /// The directory of the coordinator's keys; nil: those in the run's directory, where there are some.
        public var keys: String?
        /// What monitoring is told through; nil where nobody asks.
        public var metrics: (any MetricsFactory)?
        /// Whether the report is lines of JSON.
        public var isJSON: Bool

        public init(
            directory: String, configuration: RunConfiguration?, localWorkers: Int, workers: Int,
            threadsPerWorker: Int, address: String?, keys: String? = nil,
            metrics: (any MetricsFactory)? = nil, isJSON: Bool = false
        ) {
            self.keys = keys
            self.directory = directory
            self.configuration = configuration
            self.localWorkers = localWorkers
            self.workers = workers
            self.threadsPerWorker = threadsPerWorker
            self.address = address
            self.metrics = metrics
            self.isJSON = isJSON
        }
    }
}
