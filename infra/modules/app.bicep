metadata description = 'The Functions app on Flex Consumption, and its settings.'

@description('Required. Name of the function app.')
param name string

@description('Required. Name of its plan.')
param planName string

@description('Required. Azure region.')
param location string

@description('Required. Tags of the resources.')
param tags object

@description('Required. Name of the identity that the app runs as.')
param identityName string

@description('Required. Name of the storage account of leads and host.')
param storageName string

@description('Required. Name of the container that deployed packages lie in.')
param packages string

@description('Required. Name of the vault.')
param vaultName string

@description('Required. Name of Application Insights.')
param applicationInsightsName string

@description('Required. Id of the subnet that the app goes out through; none if empty.')
param subnetId string

@description('Required. Memory of an instance.')
param instanceMemoryMB int

@description('Required. Instances at most.')
param maximumInstanceCount int

@description('Required. Requests that one instance takes at once.')
param httpConcurrency int

@description('Required. When to deliver, as NCRONTAB.')
param tickSchedule string

@description('Required. Name of the configuration file in the package.')
param configurationFile string

@description('Conditional. Version of the secret identity-key. Required once it is in the vault.')
param identityKeyVersion string

@description('Required. Settings that the vault holds: name of the setting to name of its secret.')
param vaultSettings object

@description('Required. Whether the app exports metrics and traces, beside its log lines.')
param exportsTelemetry bool

var connection = {
  blob: storage.properties.primaryEndpoints.blob
  queue: storage.properties.primaryEndpoints.queue
  table: storage.properties.primaryEndpoints.table
}

var settings = {
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identity.properties.clientId};Authorization=AAD'
  APPLICATIONINSIGHTS_CONNECTION_STRING: applicationInsights.properties.ConnectionString
  // Our exporter would also ask Microsoft for its settings, and send figures about itself.
  APPLICATIONINSIGHTS_CONTROLPLANE_DISABLED: 'true'
  APPLICATIONINSIGHTS_OPENTELEMETRY_RESOURCE_METRIC_DISABLED: 'true'
  APPLICATIONINSIGHTS_SDKSTATS_DISABLED: 'true'
  APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL: 'true'
  AzureWebJobsStorage__blobServiceUri: connection.blob
  AzureWebJobsStorage__clientId: identity.properties.clientId
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__queueServiceUri: connection.queue
  AzureWebJobsStorage__tableServiceUri: connection.table
  LANE_LEASE: '60'
  LEADSHARE_CONFIGURATION: configurationFile
  LEADSHARE_STORAGE__clientId: identity.properties.clientId
  LEADSHARE_STORAGE__credential: 'managedidentity'
  LEADSHARE_STORAGE__queueServiceUri: connection.queue
  LEADSHARE_STORAGE__tableServiceUri: connection.table
  OTEL_SDK_DISABLED: exportsTelemetry ? 'false' : 'true'
  TICK_BUDGET: '25'
  TICK_SCHEDULE: tickSchedule
}

// Pinned to one version, for another key would give every contact another id. Until it is in the
// vault the setting is left out: leads are taken, and wait in the queue.
var identityKey = empty(identityKeyVersion) ? {} : {
  LEADSHARE_IDENTITY_KEY: '@Microsoft.KeyVault(VaultName=${vaultName};SecretName=identity-key;SecretVersion=${identityKeyVersion})'
}

// Not pinned, so that a secret that was replaced is read within a day.
var references = toObject(
  items(vaultSettings),
  setting => setting.key,
  setting => '@Microsoft.KeyVault(VaultName=${vaultName};SecretName=${setting.value})'
)

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: identityName
}

resource storage 'Microsoft.Storage/storageAccounts@2025-01-01' existing = {
  name: storageName
}

resource applicationInsights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: applicationInsightsName
}

resource plan 'Microsoft.Web/serverfarms@2024-11-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: {
    name: 'FC1'
    tier: 'FlexConsumption'
  }
  properties: {
    reserved: true
  }
}

// No diagnostic setting: its HTTP log would hold listings' keys, which are in their URLs, and its
// function log is what Application Insights has.
resource app 'Microsoft.Web/sites@2024-11-01' = {
  name: name
  location: location
  // azd finds the app by this tag.
  tags: union(tags, { 'azd-service-name': 'app' })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identity.id}': {}
    }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    keyVaultReferenceIdentity: identity.id
    // Partner Center posts from addresses that it does not tell.
    publicNetworkAccess: 'Enabled'
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    siteConfig: {
      minTlsVersion: '1.2'
    }
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${connection.blob}${packages}'
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identity.id
          }
        }
      }
      runtime: {
        name: 'python'
        version: '3.11'
      }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: maximumInstanceCount
        triggers: {
          http: {
            perInstanceConcurrency: httpConcurrency
          }
        }
      }
    }
  }
}

resource appSettings 'Microsoft.Web/sites/config@2024-11-01' = {
  parent: app
  name: 'appsettings'
  properties: union(settings, identityKey, references)
}

resource ftpPassword 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-11-01' = {
  parent: app
  name: 'ftp'
  properties: {
    allow: false
  }
}

resource scmPassword 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-11-01' = {
  parent: app
  name: 'scm'
  properties: {
    allow: false
  }
}

@description('Name of the function app.')
output name string = app.name

@description('Host name of the function app.')
output hostName string = app.properties.defaultHostName
