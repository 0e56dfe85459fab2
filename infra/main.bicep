metadata description = 'leadshare in one resource group.'

targetScope = 'resourceGroup'

@description('Required. Short name of this deployment, such as prod: letters and digits, for it is part of names.')
@minLength(2)
@maxLength(12)
param environmentName string

@description('Optional. Azure region, one that has Flex Consumption.')
param location string = resourceGroup().location

@description('Optional. Tags of all resources.')
param tags object = {}

@description('Optional. Replication of storage. Regions without zones have Standard_LRS.')
@allowed(['Standard_LRS', 'Standard_ZRS', 'Standard_GRS', 'Standard_GZRS'])
param storageSku string = 'Standard_ZRS'

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

@description('Optional. When to deliver, as NCRONTAB.')
param tickSchedule string = '*/30 * * * * *'

@description('Optional. Name of the configuration file in the package, where a stage needs one of its own.')
param configurationFile string = 'leadshare.toml'

@description('Conditional. Version of the secret identity-key. Required once it is in the vault.')
param identityKeyVersion string = ''

@description('Optional. Settings that the vault holds: name of the setting to name of its secret.')
param vaultSettings object = {}

@description('Optional. Whether to make an account for Microsoft to write leads into: for listings to have Azure Table for their lead destination.')
param marketplaceTable bool = false

@description('Optional. IPv4 range, /25 or wider, of a virtual network with private endpoints; none if empty.')
param networkRange string = ''

@description('Optional. Days that logs stay.')
@minValue(30)
@maxValue(730)
param logRetentionDays int = 90

@description('Optional. Whether metrics and traces go to Application Insights, beside the log lines.')
param exportsTelemetry bool = true

@description('Optional. What a month may cost, in the currency of the subscription; no alert if 0.')
@minValue(0)
param monthlyBudget int = 0

@description('Conditional. First day of the budget\'s first month, yyyy-MM-01, never changed. Required with monthlyBudget.')
param budgetStart string = ''

@description('Conditional. Who is told of alerts and of costs, by e-mail. Required with monthlyBudget.')
param alertEmails string[] = []

@description('Optional. Web address of docs/runbooks where your people see it, for alerts and workbook.')
param runbooks string = 'docs/runbooks'

@description('Optional. Whether to lock what cannot be made again against deletion.')
param isLocked bool = false

var token = uniqueString(resourceGroup().id, environmentName)
var names = {
  app: 'func-leadshare-${environmentName}-${token}'
  applicationInsights: 'appi-leadshare-${environmentName}-${token}'
  budget: 'budget-leadshare-${environmentName}'
  identity: 'id-leadshare-${environmentName}-${token}'
  marketplaceTable: 'stmp${token}'
  network: 'vnet-leadshare-${environmentName}-${token}'
  plan: 'plan-leadshare-${environmentName}-${token}'
  storage: 'st${token}'
  vault: 'kv-${token}'
  workspace: 'log-leadshare-${environmentName}-${token}'
}
var allTags = union({ 'azd-env-name': environmentName }, tags)
var isPrivate = !empty(networkRange)
var tableSecret = marketplaceTable ? { MARKETPLACE_TABLE_CONNECTION: 'marketplace-table' } : {}

module observability 'modules/observability.bicep' = {
  params: {
    workspaceName: names.workspace
    applicationInsightsName: names.applicationInsights
    location: location
    tags: allTags
    retentionDays: logRetentionDays
  }
}

module identity 'modules/identity.bicep' = {
  params: {
    name: names.identity
    location: location
    tags: allTags
  }
}

module storage 'modules/storage.bicep' = {
  params: {
    name: names.storage
    location: location
    tags: allTags
    sku: storageSku
    isPrivate: isPrivate
    isLocked: isLocked
    logAnalyticsId: observability.outputs.logAnalyticsId
  }
}

module vault 'modules/vault.bicep' = {
  params: {
    name: names.vault
    location: location
    tags: allTags
    isPrivate: isPrivate
    isLocked: isLocked
    logAnalyticsId: observability.outputs.logAnalyticsId
  }
}

module marketplaceStorage 'modules/marketplace-table.bicep' = if (marketplaceTable) {
  params: {
    name: names.marketplaceTable
    location: location
    tags: allTags
    sku: storageSku
    isLocked: isLocked
    vaultName: vault.outputs.name
    logAnalyticsId: observability.outputs.logAnalyticsId
  }
}

module network 'modules/network.bicep' = if (isPrivate) {
  params: {
    name: names.network
    location: location
    tags: allTags
    range: networkRange
    storageId: storage.outputs.id
    vaultId: vault.outputs.id
  }
}

module access 'modules/access.bicep' = {
  params: {
    principalId: identity.outputs.principalId
    storageName: storage.outputs.name
    vaultName: vault.outputs.name
    applicationInsightsName: observability.outputs.applicationInsightsName
  }
}

module app 'modules/app.bicep' = {
  // Without its roles the app finds neither its package nor its secrets.
  dependsOn: [access, marketplaceStorage]
  params: {
    name: names.app
    planName: names.plan
    location: location
    tags: allTags
    identityName: identity.outputs.name
    storageName: storage.outputs.name
    packages: storage.outputs.packages
    vaultName: vault.outputs.name
    applicationInsightsName: observability.outputs.applicationInsightsName
    subnetId: isPrivate ? network!.outputs.appSubnetId : ''
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
    httpConcurrency: httpConcurrency
    tickSchedule: tickSchedule
    configurationFile: configurationFile
    identityKeyVersion: identityKeyVersion
    vaultSettings: union(vaultSettings, tableSecret)
    exportsTelemetry: exportsTelemetry
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
    tags: allTags
    applicationInsightsId: observability.outputs.applicationInsightsId
    storageId: storage.outputs.id
    vaultId: vault.outputs.id
    emails: alertEmails
    runbooks: runbooks
  }
}

module workbook 'modules/workbook.bicep' = {
  params: {
    environmentName: environmentName
    location: location
    tags: allTags
    applicationInsightsId: observability.outputs.applicationInsightsId
    runbooks: runbooks
  }
}

@description('Name of the function app.')
output functionAppName string = app.outputs.name

@description('What listings post leads to, before the listing and the key.')
output intakeUrl string = 'https://${app.outputs.hostName}/api/leads'

@description('What a destination names as its client_id, to be signed in to as the app\'s identity.')
output identityClientId string = identity.outputs.clientId

@description('Name of the vault that secrets are put into.')
output vaultName string = vault.outputs.name

@description('Name of the storage account of leads and host.')
output storageName string = storage.outputs.name

@description('Id of Application Insights.')
output applicationInsightsId string = observability.outputs.applicationInsightsId
