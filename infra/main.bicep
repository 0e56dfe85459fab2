metadata description = 'leadshare in one resource group, but for its intake app: intake.bicep.'

targetScope = 'resourceGroup'

import { namesOf } from 'modules/names.bicep'

@description('Required. Short name of this deployment, such as prod: letters and digits, for it is part of names.')
@minLength(2)
@maxLength(12)
param environmentName string

@description('Optional. Azure region, one that has Flex Consumption.')
param location string = resourceGroup().location

@description('Optional. Tags of all resources.')
param tags { *: string } = {}

@description('Optional. Replication of storage. Regions without zones have Standard_LRS.')
@allowed(['Standard_LRS', 'Standard_ZRS', 'Standard_GRS', 'Standard_GZRS'])
param storageSku string = 'Standard_ZRS'

@description('Optional. Python that the app has. Packages are built for this default; a release of one for another is refused.')
@allowed(['3.11', '3.12', '3.13', '3.14'])
param pythonVersion string = '3.13'

@description('Optional. Memory of an instance.')
@allowed([512, 2048, 4096])
param instanceMemoryMB int = 512

@description('Optional. Instances at most, for each of the app\'s groups of functions.')
@minValue(40)
@maxValue(1000)
param maximumInstanceCount int = 40

@description('Optional. Requests that one instance takes at once.')
@minValue(1)
@maxValue(1000)
param httpConcurrency int = 16

@description('Optional. What an update does to instances: replaces them one after the other, which is a preview, or all at once.')
@allowed(['RollingUpdate', 'Recreate'])
param siteUpdateStrategy string = 'RollingUpdate'

@description('Optional. Instances of classify_touch and of work_lane that are always warm, and paid for; none if 0.')
@minValue(0)
@maxValue(20)
param alwaysReadyInstances int = 0

@description('Optional. When to deliver, as NCRONTAB.')
param tickSchedule string = '*/30 * * * * *'

@description('Optional. Name of the configuration file in the package, where a stage needs one of its own.')
param configurationFile string = 'leadshare.toml'

@description('Optional. Settings that the vault holds: name of the setting to name of its secret.')
param vaultSettings { *: string } = {}

@description('Optional. What listings post leads to, before the listing: the output intakeUrl of intake.bicep, or a gateway\'s. Nothing is proven if empty.')
param intakeUrl string = ''

@description('Optional. Whether to make an account for Microsoft to write leads into: for listings to have Azure Table for their lead destination.')
param marketplaceTable bool = false

@description('Optional. IPv4 range, /25 or wider, of a virtual network with private endpoints; none if empty.')
param networkRange string = ''

@description('Optional. Days that logs stay.')
@minValue(30)
@maxValue(730)
param logRetentionDays int = 90

@description('Optional. Whether each write and deletion in the storage of leads is logged: who changed what. docs/cost.md says what that costs.')
param logsStorageChanges bool = false

@description('Optional. Whether metrics and traces go to Application Insights, beside the log lines.')
param exportsTelemetry bool = true

@description('Optional. What a month may cost, in the currency of the subscription; no alert if 0.')
@minValue(0)
param monthlyBudget int = 0

@description('Conditional. First day of the budget\'s first month, yyyy-MM-01, never changed. Required with monthlyBudget.')
param budgetStart string = ''

@description('Conditional. Who is told of alerts and of costs, by e-mail. Required with monthlyBudget.')
param alertEmails string[] = []

@description('Optional. Whether alerts are on. Unless you say, once a release was seen to work: it tags the resource group.')
param alertsEnabled bool = contains(resourceGroup().?tags ?? {}, 'leadshare-released')

@description('Optional. Whether intakeUrl is asked every 15 minutes from five places whether it answers, for about 9 dollars a month: docs/cost.md.')
param testsFromOutside bool = false

@description('Optional. Web address of docs/runbooks where your people see it, for alerts and workbook.')
param runbooks string = 'docs/runbooks'

@description('Optional. Whether to lock what cannot be made again against deletion.')
param isLocked bool = false

var names = namesOf(environmentName, uniqueString(resourceGroup().id, environmentName))
var isPrivate = !empty(networkRange)
var proofSecret = empty(intakeUrl) ? {} : { LEADSHARE_PROOF_KEY: 'intake-proof-key' }
var tableSecret = marketplaceTable ? { MARKETPLACE_TABLE_CONNECTION: 'marketplace-table' } : {}

// No versions, so that a secret that was replaced is read within a day. The identity key never is:
// the table holds its fingerprint, and no process makes ids with another.
var references = toObject(
  items(union({ LEADSHARE_IDENTITY_KEY: 'identity-key' }, vaultSettings, tableSecret, proofSecret)),
  setting => setting.key,
  setting => '@Microsoft.KeyVault(VaultName=${names.vault};SecretName=${setting.value})'
)

var settings = {
  // Our exporter would also ask Microsoft for its settings, and send figures about itself.
  APPLICATIONINSIGHTS_CONTROLPLANE_DISABLED: 'true'
  APPLICATIONINSIGHTS_OPENTELEMETRY_RESOURCE_METRIC_DISABLED: 'true'
  APPLICATIONINSIGHTS_SDKSTATS_DISABLED: 'true'
  APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL: 'true'
  LANE_LEASE: '60'
  LEADSHARE_CONFIGURATION: configurationFile
  LEADSHARE_PROOF_URL: intakeUrl
  LEADSHARE_STORAGE__tableServiceUri: storage.outputs.tableUri
  OTEL_SDK_DISABLED: exportsTelemetry ? 'false' : 'true'
  TICK_BUDGET: '25'
  TICK_SCHEDULE: tickSchedule
}

// What takes a lead from the queue to its CRM.
var alwaysReady = alwaysReadyInstances > 0
  ? [
      { name: 'function:classify_touch', instanceCount: alwaysReadyInstances }
      { name: 'function:work_lane', instanceCount: alwaysReadyInstances }
    ]
  : []

module observability 'modules/observability.bicep' = {
  params: {
    workspaceName: names.workspace
    applicationInsightsName: names.applicationInsights
    location: location
    tags: tags
    retentionDays: logRetentionDays
  }
}

module identity 'modules/identity.bicep' = {
  params: {
    name: names.identity
    location: location
    tags: tags
  }
}

module storage 'modules/storage.bicep' = {
  params: {
    name: names.storage
    location: location
    tags: tags
    sku: storageSku
    isPrivate: isPrivate
    isLocked: isLocked
    logsChanges: logsStorageChanges
    logAnalyticsId: observability.outputs.logAnalyticsId
  }
}

module hostStorage 'modules/host-storage.bicep' = {
  params: {
    name: names.hostStorage
    location: location
    tags: tags
    sku: storageSku
    isPrivate: isPrivate
    isLocked: isLocked
    logsChanges: logsStorageChanges
    logAnalyticsId: observability.outputs.logAnalyticsId
  }
}

module vault 'modules/vault.bicep' = {
  params: {
    name: names.vault
    location: location
    tags: tags
    isPrivate: isPrivate
    isLocked: isLocked
    logAnalyticsId: observability.outputs.logAnalyticsId
  }
}

module marketplaceStorage 'modules/marketplace-table.bicep' = if (marketplaceTable) {
  dependsOn: [vault]
  params: {
    name: names.marketplaceTable
    location: location
    tags: tags
    sku: storageSku
    isLocked: isLocked
    vaultName: names.vault
    logAnalyticsId: observability.outputs.logAnalyticsId
  }
}

module network 'modules/network.bicep' = if (isPrivate) {
  params: {
    name: names.network
    location: location
    tags: tags
    range: networkRange
    storageId: storage.outputs.id
    hostStorageId: hostStorage.outputs.id
    vaultId: vault.outputs.id
  }
}

module access 'modules/access.bicep' = {
  // By names, for what-if knows no outputs.
  dependsOn: [storage, hostStorage, vault, observability]
  params: {
    principalId: identity.outputs.principalId
    storageName: names.storage
    hostStorageName: names.hostStorage
    vaultName: names.vault
    applicationInsightsName: names.applicationInsights
  }
}

module app 'modules/app.bicep' = {
  // Without its roles the app finds neither its package nor its secrets.
  dependsOn: [access, marketplaceStorage]
  params: {
    name: names.app
    planName: names.plan
    service: 'app'
    location: location
    tags: tags
    identityName: names.identity
    storageName: names.storage
    hostStorageName: names.hostStorage
    packages: hostStorage.outputs.packages
    applicationInsightsName: names.applicationInsights
    subnetId: isPrivate ? network!.outputs.appSubnetId : ''
    pythonVersion: pythonVersion
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
    httpConcurrency: httpConcurrency
    siteUpdateStrategy: siteUpdateStrategy
    alwaysReady: alwaysReady
    zoneRedundant: false
    settings: union(references, settings)
  }
}

module budget 'modules/budget.bicep' = if (monthlyBudget > 0) {
  params: {
    name: names.budget
    amount: monthlyBudget
    start: budgetStart
    emails: alertEmails
  }
}

module alerts 'modules/alerts.bicep' = {
  params: {
    environmentName: environmentName
    location: location
    tags: tags
    applicationInsightsId: observability.outputs.applicationInsightsId
    storageId: storage.outputs.id
    vaultId: vault.outputs.id
    emails: alertEmails
    runbooks: runbooks
    isEnabled: alertsEnabled
  }
}

module outside 'modules/outside.bicep' = if (testsFromOutside && !empty(intakeUrl)) {
  params: {
    environmentName: environmentName
    location: location
    tags: tags
    applicationInsightsId: observability.outputs.applicationInsightsId
    intakeUrl: intakeUrl
    receivers: alerts.outputs.receivers
    runbooks: runbooks
    isEnabled: alertsEnabled
  }
}

module workbook 'modules/workbook.bicep' = {
  params: {
    environmentName: environmentName
    location: location
    tags: tags
    applicationInsightsId: observability.outputs.applicationInsightsId
    runbooks: runbooks
  }
}

@description('Name of the function app.')
output functionAppName string = app.outputs.name

@description('What operators ask, before /api/manage.')
output url string = 'https://${app.outputs.hostName}'

@description('Client id of the app\'s identity, for destinations to know it by.')
output identityClientId string = identity.outputs.clientId

@description('Name of the vault that secrets are put into.')
output vaultName string = vault.outputs.name

@description('Name of the storage account of leads.')
output storageName string = storage.outputs.name

@description('Id of Application Insights.')
output applicationInsightsId string = observability.outputs.applicationInsightsId
