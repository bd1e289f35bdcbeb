// swift-tools-version: 6.2
import PackageDescription

// Floors: a module imports only from floors below its own. Sources/README.md is the map.

/// Warnings fail the build where this is set, as the project's own checks do; a user's newer compiler
/// with a new warning does not break a user's build.
let strict = Context.environment["LOCKSTEP_STRICT"] == "1"

/// `Tests/Fuzz/fuzz.sh` builds the fuzzer of all decoders with this: every module is then compiled so that libFuzzer sees
/// its branches, and programs cannot be linked without it.
let isFuzzing = Context.environment["LOCKSTEP_FUZZ"] == "1"

let swift: [SwiftSetting] =
    [.enableUpcomingFeature("MemberImportVisibility")]
    + (strict ? [.treatAllWarnings(as: .error)] : [])
    + (isFuzzing ? [.unsafeFlags(["-sanitize=fuzzer"])] : [])

/// Kernels are optimised in debug builds too: unoptimised, the numeric tests take hours. Contraction is
/// off so that only a fused multiply-add that the source names is fused, whatever the compiler.
let kernels: [CSetting] = [
    .unsafeFlags(["-O3", "-ffp-contract=off", "-fno-math-errno"])
]

func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: swift)
}

func tests(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .testTarget(
        name: name + "Tests",
        dependencies: [.byName(name: name)] + dependencies,
        swiftSettings: swift)
}

let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let protobuf = Target.Dependency.product(name: "SwiftProtobuf", package: "swift-protobuf")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let metrics = Target.Dependency.product(name: "Metrics", package: "swift-metrics")
let metricsProtocol = Target.Dependency.product(name: "CoreMetrics", package: "swift-metrics")
let flyingFox = Target.Dependency.product(name: "FlyingFox", package: "FlyingFox")
let flyingSocks = Target.Dependency.product(name: "FlyingSocks", package: "FlyingFox")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

let package = Package(
    name: "lockstep",
    products: [
        .executable(name: "coordinator", targets: ["CoordinatorCommand"]),
        .executable(name: "worker", targets: ["WorkerCommand"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.30.0"),
        .package(url: "https://github.com/apple/swift-crypto", "3.10.0"..<"5.0.0"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.7.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.0.0"),
        .package(url: "https://github.com/swhitty/FlyingFox", from: "0.26.0"),
    ],
    targets: [
        // Floor 0: C libraries, and our own kernels in C.
        .systemLibrary(name: "CZeroMQ"),
        .systemLibrary(name: "CHDF5", pkgConfig: "hdf5"),
        .systemLibrary(name: "COpenBLAS", pkgConfig: "openblas"),
        .systemLibrary(name: "CTurboJPEG", pkgConfig: "libturbojpeg"),
        .target(name: "CKernels", cSettings: kernels),

        // Floor 1
        module("TrainingProtocol"),
        module("Tensors", ["COpenBLAS", "CKernels"]),
        module("Charts"),

        // Floor 2
        module("Networks", ["Tensors", "CKernels"]),
        module("HDF5", ["CHDF5"]),
        module("ZeroMQ", ["CZeroMQ"]),
        module("Configuration", [yams, crypto]),
        .target(
            name: "Wire", dependencies: ["TrainingProtocol", protobuf],
            exclude: ["lockstep.proto"], swiftSettings: swift),

        // Floor 3
        module("Models", ["Networks", "Tensors", "Configuration"]),
        module("Optimizers", ["Networks", "Tensors", "CKernels", "Configuration"]),
        module("ClipDatasets", ["HDF5", "Tensors", "CKernels", "CTurboJPEG"]),
        module("Checkpoints", ["Configuration", crypto]),
        module("AccessControl", ["ZeroMQ"]),
        module(
            "Collectives", ["TrainingProtocol", "Tensors", "ZeroMQ", "Wire", protobuf, crypto]),

        // Floor 4
        module(
            "Verification",
            ["HDF5", "Configuration", "Models", "Networks", "Optimizers", "Tensors"]),
        module("Profiling", ["Configuration", "Models", "Networks", "Optimizers", "Tensors"]),
        module("Interchange", ["Checkpoints", "Configuration", "Models", "Networks", "Tensors"]),
        module(
            "Training",
            [
                "Configuration", "Models", "Networks", "Optimizers", "ClipDatasets", "Checkpoints",
                "Tensors", "TrainingProtocol",
            ]),

        .target(
            name: "Telemetry",
            dependencies: ["TrainingProtocol", protobuf, metrics, metricsProtocol],
            exclude: ["tensorboard.proto"], swiftSettings: swift),

        // Floor 5: shells that carry out the protocol's directives.
        module(
            "Coordinating",
            [
                "TrainingProtocol", "Wire", "ZeroMQ", "AccessControl", "ClipDatasets",
                "Checkpoints", "Collectives", "Configuration", "Interchange", "Networks",
                "Telemetry", "Tensors", "Training", logging, metricsProtocol,
            ]),
        module(
            "Working",
            [
                "TrainingProtocol", "Wire", "ZeroMQ", "AccessControl", "Collectives", "Training",
                "ClipDatasets", "Configuration", "Tensors", logging,
            ]),

        module("Launching", ["AccessControl", "Checkpoints", "ZeroMQ"]),
        .target(
            name: "Dashboard", dependencies: ["Telemetry", flyingFox, flyingSocks],
            resources: [.embedInCode("Page")], swiftSettings: swift),

        module("Comparing", ["Training", "Charts"]),
        module("Simulation", ["TrainingProtocol"]),

        // Floor 6: the two programs.
        .executableTarget(
            name: "CoordinatorCommand",
            dependencies: [
                "Coordinating", "Launching", "AccessControl", "Verification", "Profiling",
                "Comparing", "Simulation", "Training", "ClipDatasets", "Dashboard", "Telemetry",
                "TrainingProtocol",
                "Checkpoints", "Configuration", "Interchange", "Models", "Networks", "HDF5",
                "Charts", "ZeroMQ", arguments, logging,
            ],
            swiftSettings: swift),
        .executableTarget(
            name: "WorkerCommand",
            dependencies: [
                "Working", "AccessControl", "Collectives", "Tensors", "TrainingProtocol", "ZeroMQ",
                arguments,
                logging,
            ],
            swiftSettings: swift),

        tests("TrainingProtocol"),
        tests("Tensors", ["CKernels"]),
        tests("Launching", ["AccessControl", "ZeroMQ"]),
        tests("Comparing", ["Training", "Charts"]),
        tests("Simulation", ["TrainingProtocol"]),
        tests("Charts"),
        tests("Networks", ["Tensors"]),
        tests("HDF5"),
        tests("ZeroMQ"),
        tests("Configuration"),
        tests("AccessControl", ["ZeroMQ"]),
        tests("Wire", ["TrainingProtocol"]),
        tests("Models", ["Networks", "Configuration"]),
        tests("Optimizers", ["Networks", "Tensors", "Configuration"]),
        tests("ClipDatasets", ["HDF5", "Tensors"]),
        tests("Checkpoints", ["Configuration"]),
        tests("Collectives", ["TrainingProtocol", "Tensors", "ZeroMQ"]),
        .testTarget(
            name: "InterchangeTests",
            dependencies: [
                "Interchange", "Checkpoints", "Configuration", "Models", "Networks", "Tensors",
            ],
            exclude: ["Fixtures"],
            swiftSettings: swift),
        .testTarget(
            name: "VerificationTests",
            dependencies: ["Verification", "HDF5"],
            exclude: ["Fixtures"],
            swiftSettings: swift),
        tests("Telemetry", ["TrainingProtocol", metrics]),
        tests("Dashboard", ["Telemetry", "TrainingProtocol"]),
        // An allocator that counts, in place of the C library's in the test program.
        .target(name: "AllocationCounter", path: "Tests/AllocationCounter"),
        tests(
            "Profiling",
            ["Configuration", "Networks", "Models", "Optimizers", "Tensors", "AllocationCounter"]),
        tests(
            "Training",
            [
                "Checkpoints", "ClipDatasets", "Configuration", "Networks", "Tensors",
                "TrainingProtocol",
            ]),
        tests(
            "Coordinating",
            ["Networks", "Tensors", "Training", "TrainingProtocol", "Wire", "ZeroMQ", logging]),
        tests(
            "Working",
            [
                "AccessControl", "ClipDatasets", "Collectives", "Coordinating", "Networks",
                "Tensors", "Training",
                "TrainingProtocol", "Wire", "ZeroMQ", logging,
            ]),
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "CoordinatorCommand", "WorkerCommand", "Collectives", "Tensors",
                "TrainingProtocol", "Wire", "ZeroMQ",
            ],
            swiftSettings: swift),
    ],
    swiftLanguageModes: [.v6]
)

// The decoders that fuzzer and tests feed are in this package, since they reach what is not public.
let decoders: [Target.Dependency] = [
    "TrainingProtocol", "Wire", "Collectives", "Tensors", "ZeroMQ", "ClipDatasets", "Checkpoints",
    "Configuration", "AccessControl", "Launching", "Coordinating", "Training", "Networks",
    "Telemetry", "Dashboard", flyingFox, flyingSocks, crypto,
]
package.targets.append(
    isFuzzing
        ? .executableTarget(
            name: "fuzz", dependencies: decoders, path: "Tests/Fuzz",
            sources: ["Decoders", "Driver"], swiftSettings: swift,
            linkerSettings: [.unsafeFlags(["-sanitize=fuzzer", "-use-ld=lld"])])
        : .testTarget(
            name: "HostileInputTests", dependencies: decoders, path: "Tests/Fuzz",
            exclude: ["Driver", "Corpus", "README.md", "fuzz.sh"], sources: ["Decoders", "Replay"],
            swiftSettings: swift))
