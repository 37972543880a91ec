// swift-tools-version: 6.2
import PackageDescription

/// `script/fuzz` builds one more executable, for libFuzzer.
let isFuzzing = Context.environment["AFTERCARE_FUZZ"] != nil

// Floors, from the ground up. A target imports only from floors below its own; the layering test in
// Tests/ArchitectureTests reads the import lists and fails on an arrow that points upwards.
//
//   executable    aftercare
//   commands      AftercareCommands
//   composition   AftercareApp
//   faces         StatusServer
//   engine        WatchEngine
//   adapters      AzureCloud   SQLiteJournal   PostgresJournal   AlertSinks
//   accounts      Reporting   JournalFormat
//   plumbing      CurlTransport   JSONReading
//   domain        RecoveryCore
//   C             CCurl   CZlib   CPostgres
//   beside        AzureSimulator   AftercareTesting

/// Every target that imports no C is held to strict memory safety as well.
let common: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  .treatAllWarnings(as: .error),
]
let safe: [SwiftSetting] = common + [.strictMemorySafety()]

let argumentParser: Target.Dependency = .product(
  name: "ArgumentParser", package: "swift-argument-parser")
let hummingbirdCore: Target.Dependency = .product(name: "HummingbirdCore", package: "hummingbird")
let httpTypes: Target.Dependency = .product(name: "HTTPTypes", package: "swift-http-types")
let hummingbird: Target.Dependency = .product(name: "Hummingbird", package: "hummingbird")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let heap: Target.Dependency = .product(name: "HeapModule", package: "swift-collections")
let metrics: Target.Dependency = .product(name: "Metrics", package: "swift-metrics")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let serviceLifecycle: Target.Dependency = .product(
  name: "ServiceLifecycle", package: "swift-service-lifecycle")
let unixSignals: Target.Dependency = .product(
  name: "UnixSignals", package: "swift-service-lifecycle")
let yams: Target.Dependency = .product(name: "Yams", package: "Yams")

let package = Package(
  name: "aftercare",
  products: [
    .executable(name: "aftercare", targets: ["aftercare"]),
    .executable(name: "simulate-seeds", targets: ["simulate-seeds"]),
    // What Benchmarks/ measures; nobody else is promised anything.
    .library(
      name: "AftercareParts",
      targets: ["RecoveryCore", "CurlTransport", "AzureCloud", "SQLiteJournal", "WatchEngine", "AzureSimulator"]),
  ],
  dependencies: [
    // The reason for each stands in docs/dependencies.md.
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
  ],
  targets: [
    .systemLibrary(
      name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CPostgres", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),

    .target(name: "RecoveryCore", swiftSettings: safe),
    .target(
      name: "CurlTransport", dependencies: ["CCurl", "CZlib", httpTypes], swiftSettings: common),
    .target(name: "JSONReading", dependencies: ["RecoveryCore"], swiftSettings: safe),
    .target(
      name: "AzureCloud", dependencies: ["RecoveryCore", "CurlTransport", "JSONReading", httpTypes],
      swiftSettings: safe),
    .target(
      name: "SQLiteJournal", dependencies: ["RecoveryCore", "JournalFormat", grdb, crypto], swiftSettings: safe),
    .target(
      name: "PostgresJournal", dependencies: ["RecoveryCore", "JournalFormat", "CPostgres"],
      swiftSettings: common),
    .target(
      name: "WatchEngine", dependencies: ["RecoveryCore", heap, logging, serviceLifecycle],
      swiftSettings: safe),
    .target(name: "Reporting", dependencies: ["RecoveryCore"], swiftSettings: safe),
    .target(name: "JournalFormat", dependencies: ["RecoveryCore", "JSONReading", crypto], swiftSettings: safe),
    .target(
      name: "AlertSinks", dependencies: ["RecoveryCore", "Reporting", "CurlTransport", httpTypes], swiftSettings: safe),
    .target(
      name: "StatusServer",
      dependencies: [
        "RecoveryCore", "Reporting", "WatchEngine", hummingbird, hummingbirdCore, httpTypes, logging, metrics,
        serviceLifecycle,
      ],
      swiftSettings: safe),
    .target(
      name: "AftercareApp",
      dependencies: [
        "RecoveryCore", "CurlTransport", "AzureCloud", "JournalFormat", "SQLiteJournal", "PostgresJournal",
        "AlertSinks", "WatchEngine", "Reporting", "StatusServer", logging, serviceLifecycle, unixSignals, yams,
      ],
      // The shipped catalogue travels inside the executable; its file is a link to config/catalogue.yaml.
      resources: [.embedInCode("Configuration/catalogue.yaml")],
      swiftSettings: safe),
    .target(
      name: "AftercareCommands",
      dependencies: [
        "AftercareApp", "AzureSimulator", "Reporting", "WatchEngine", "RecoveryCore", argumentParser, logging,
        serviceLifecycle,
      ],
      // The demonstration travels inside the executable; its file is a link to config/scenarios.
      resources: [.embedInCode("region-failover.yaml")],
      swiftSettings: safe),
    .executableTarget(
      name: "aftercare", dependencies: ["AftercareCommands"], swiftSettings: safe,
      // Nobody asks an executable for its symbols; 40,000 of them are 5 MB of each process.
      linkerSettings: [.unsafeFlags(["-Xlinker", "--no-export-dynamic"], .when(configuration: .release))]),

    .target(
      name: "AzureSimulator", dependencies: ["CZlib", hummingbird, httpTypes, logging, yams],
      swiftSettings: safe),
    .target(
      name: "AftercareTesting", dependencies: ["RecoveryCore", "WatchEngine"], path: "Tests/AftercareTesting",
      swiftSettings: common),
    .target(
      name: "RecoverySimulation",
      dependencies: [
        "AftercareTesting", "AzureCloud", "AzureSimulator", "CurlTransport", "RecoveryCore", "WatchEngine", heap,
        logging,
        httpTypes,
      ],
      path: "Tests/RecoverySimulation", swiftSettings: common),
    .executableTarget(
      name: "simulate-seeds", dependencies: ["RecoverySimulation", "SQLiteJournal", argumentParser],
      path: "Tests/SimulateSeeds",
      swiftSettings: common),
    .executableTarget(
      name: "weigh",
      dependencies: ["RecoverySimulation", "AzureCloud", "AzureSimulator", "CurlTransport", "RecoveryCore", httpTypes],
      path: "Tests/Weigh",
      exclude: ["instructions.txt"],
      swiftSettings: common),
    .target(
      name: "FuzzTargets",
      dependencies: ["AftercareApp", "AzureCloud", "JSONReading", "RecoveryCore", "StatusServer", "WatchEngine"],
      path: "Fuzz/Targets",
      swiftSettings: common),
    .testTarget(
      name: "FuzzTests", dependencies: ["FuzzTargets", "AftercareTesting"], swiftSettings: common),
    .testTarget(
      name: "RecoverySimulationTests", dependencies: ["RecoverySimulation", "AftercareTesting"],
      swiftSettings: common),
    .testTarget(name: "ArchitectureTests", dependencies: ["RecoveryCore"], swiftSettings: common),
    .testTarget(
      name: "RecoveryCoreTests", dependencies: ["RecoveryCore", "AftercareTesting"], swiftSettings: common),
    .testTarget(
      name: "CurlTransportTests", dependencies: ["CurlTransport", "AftercareTesting", httpTypes],
      swiftSettings: common),
    .testTarget(
      name: "JSONReadingTests", dependencies: ["JSONReading", "RecoveryCore", "AftercareTesting"],
      swiftSettings: common),
    .testTarget(
      name: "AzureCloudTests",
      dependencies: ["AzureCloud", "CurlTransport", "RecoveryCore", "AftercareTesting", httpTypes],
      swiftSettings: common),
    .testTarget(
      name: "SQLiteJournalTests",
      dependencies: ["SQLiteJournal", "JournalFormat", "RecoveryCore", "AftercareTesting", grdb],
      swiftSettings: common),
    .testTarget(
      name: "PostgresJournalTests",
      dependencies: ["PostgresJournal", "SQLiteJournal", "JournalFormat", "RecoveryCore", "AftercareTesting"],
      swiftSettings: common),
    .testTarget(
      name: "AlertSinksTests",
      dependencies: ["AlertSinks", "CurlTransport", "RecoveryCore", "AftercareTesting", httpTypes],
      swiftSettings: common),
    .testTarget(
      name: "AzureSimulatorTests", dependencies: ["AzureSimulator", hummingbird, httpTypes], swiftSettings: common),
    .testTarget(
      name: "WatchEngineTests", dependencies: ["WatchEngine", "RecoveryCore", "AftercareTesting", logging],
      swiftSettings: common),
    .testTarget(
      name: "ReportingTests", dependencies: ["Reporting", "RecoveryCore", "AftercareTesting"],
      swiftSettings: common),
    .testTarget(
      name: "StatusServerTests",
      dependencies: [
        "StatusServer", "WatchEngine", "RecoveryCore", "CurlTransport", "AftercareTesting", httpTypes, logging,
      ],
      swiftSettings: common),
    .testTarget(
      name: "AftercareCommandsTests", dependencies: ["AftercareCommands", argumentParser], swiftSettings: common),
    .testTarget(
      name: "AftercareAppTests", dependencies: ["AftercareApp", "RecoveryCore", "AftercareTesting", yams],
      swiftSettings: common),
    .testTarget(
      name: "EndToEndTests",
      dependencies: [
        "aftercare", "AftercareApp", "AzureSimulator", "AzureCloud", "CurlTransport", "RecoveryCore",
        "PostgresJournal", "Reporting", "SQLiteJournal", "StatusServer", "WatchEngine", "AftercareTesting", grdb,
        httpTypes, logging,
      ],
      swiftSettings: common),
  ]
    + (isFuzzing
      ? [
        .executableTarget(
          name: "fuzz", dependencies: ["FuzzTargets"], path: "Fuzz/Fuzzer",
          swiftSettings: common + [.unsafeFlags(["-parse-as-library", "-sanitize=fuzzer"])],
          linkerSettings: [.unsafeFlags(["-sanitize=fuzzer"])])
      ] : [])
)
